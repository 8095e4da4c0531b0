// What the browser holds the app's pages to: module workers and WebAssembly run, nothing inline and nothing from elsewhere.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { Stage } from './stage.mjs'

let stage, context, page, other, elsewhere
before(async () => {
  stage = Stage.open()
  await stage.start()
  // Another server, whose every answer may be read by anybody.
  other = createServer((request, response) => response.writeHead(200, { 'Access-Control-Allow-Origin': '*', 'Content-Type': request.url === '/frame' ? 'text/html' : 'image/svg+xml' })
    .end(request.url === '/frame' ? `<iframe src="http://localhost:${stage.port}/app/"></iframe>` : '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'))
  await new Promise(done => other.listen(0, '127.0.0.1', done))
  elsewhere = `http://127.0.0.1:${other.address().port}`
  context = await (await stage.browser('home')).newContext()
  page = await context.newPage()
  await page.goto(`http://localhost:${stage.port}/`)
  await page.waitForFunction(() => window.ready)
}, { timeout: 120000 })
after(async () => {
  await stage?.close()
  other?.close()
})

test('/ leads to the app, and loopback is a secure context', async () => {
  assert.equal(page.url(), `http://localhost:${stage.port}/app/`)
  assert.equal(await page.evaluate(() => window.isSecureContext), true)
  await page.goto(`http://localhost:${stage.port}/app/tasks/0193`)
  await page.waitForFunction(() => window.ready)
})

test('a module worker runs, with an import of its own and WebAssembly', async () => {
  assert.equal(await page.evaluate(() => window.work('wasm')), 'wasm says 42')
  assert.equal(await page.evaluate(async () => (await WebAssembly.instantiateStreaming(fetch('/app/assets/part-00000000.wasm'))).instance.exports.f()), 42)
})

test('a service worker registers', async () => {
  assert.equal(await page.evaluate(async () => (await navigator.serviceWorker.register('/app/sw.js')).scope), `http://localhost:${stage.port}/app/`)
})

test('style sheets of its own and styles set by script hold', async () => {
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(4, 5, 6)')
  assert.equal(await page.evaluate(() => {
    const p = document.querySelector('#styled')
    p.style.marginTop = '7px'
    return getComputedStyle(p).marginTop
  }), '7px')
})

test('nothing inline runs or styles', async () => {
  assert.deepEqual(await page.evaluate(() => [window.inline, window.handler]), [undefined, undefined])
  assert.notEqual(await page.evaluate(() => getComputedStyle(document.querySelector('#styled')).color), 'rgb(1, 2, 3)')
  assert.equal(await page.evaluate(() => {
    const script = document.createElement('script')
    script.textContent = 'window.injected = "ran"'
    document.head.append(script)
    return window.injected
  }), undefined)
})

test('no text becomes code, in the page or in a worker', async () => {
  // Evaluated by the debugger, code may do what the page may not: the page's own worker is asked, and a timer with text.
  assert.equal(await page.evaluate(() => window.work('eval')), 'EvalError')
  await page.evaluate(() => setTimeout('window.timed = "ran"', 0))
  await page.waitForTimeout(100)
  assert.equal(await page.evaluate(() => window.timed), undefined)
})

test('nothing is fetched from or sent to another server', async () => {
  assert.equal(await page.evaluate(url => window.work(url), `${elsewhere}/x`), 'TypeError')
  assert.equal(await page.evaluate(url => fetch(url).then(r => r.status, e => e.name), `${elsewhere}/x`), 'TypeError')
  assert.equal(await page.evaluate(url => new Promise(done => {
    const image = new Image()
    image.onload = () => done('loaded')
    image.onerror = () => done('refused')
    image.src = url
  }), `${elsewhere}/x.svg`), 'refused')
  assert.equal(await page.evaluate(() => fetch('/v1/server').then(r => r.status)), 200, 'its own server is')
  const seen = await page.evaluate(() => window.violations)
  for (const directive of ['connect-src', 'img-src', 'script-src-elem']) assert.ok(seen.includes(directive), `${directive} in ${seen}`)
})

test('what is shown from memory is shown', async () => {
  for (const url of ['data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', null]) assert.equal(await page.evaluate(given => new Promise(done => {
    const image = new Image()
    image.onload = () => done('loaded')
    image.onerror = () => done('refused')
    image.src = given ?? URL.createObjectURL(new Blob(['<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'], { type: 'image/svg+xml' }))
  }), url), 'loaded')
})

test('nobody shows it within a page of his own', async () => {
  const outer = await context.newPage()
  const refused = outer.waitForEvent('console', message => /frame-ancestors/.test(message.text()))
  await outer.goto(`${elsewhere}/frame`)
  await refused
  assert.equal(await outer.frames()[1].evaluate(() => window.ready).catch(() => undefined), undefined)
})
