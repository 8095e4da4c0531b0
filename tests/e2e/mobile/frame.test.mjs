// The frame: two pages at once, storage that is gone or denied, an old browser, a server that is gone and back, a clock that is wrong, and how it looks.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enrol, enter, go, open, person, phone, shot, world } from './stage.mjs'

/** The app's worker runs the statement first. A page that was left while its script was fetched needs no answer. */
const workerBegins = (context, statement) => context.route('**/assets/worker-*.js', async route => {
  try {
    const answer = await route.fetch()
    await route.fulfill({ response: answer, body: `${statement};\n${await answer.text()}` })
  } catch (error) {
    if (!/disposed|closed/.test(error.message)) throw error
  }
})

test('two pages: the second says so, takes it over, and the first stops', async () => {
  const context = await phone()
  const first = await open(context)
  await enrol(first, 'D1001')
  const second = await open(context)
  await second.waitForSelector('[data-page="elsewhere"]')
  await shot(second, 'elsewhere-390-zh')
  await second.click('[data-act="take-over"]')
  await second.waitForSelector('[data-tab="tasks"].on')
  await first.waitForSelector('[data-page="elsewhere"]')
  await first.click('[data-act="take-over"]')
  await first.waitForSelector('[data-tab="tasks"].on')
  await second.waitForSelector('[data-page="elsewhere"]')
})

test('storage cleared: the app begins anew; denied: it says what to do; an old browser too', async () => {
  const context = await phone()
  const page = await open(context)
  await enrol(page, 'D1002')
  await page.close()
  const blank = await context.newPage()
  await blank.goto(`${world.url}/v1/server`)
  await blank.evaluate(async () => {
    localStorage.clear()
    for (const { name } of await indexedDB.databases()) await new Promise(done => { indexedDB.deleteDatabase(name).onsuccess = done })
  })
  await blank.close()
  const anew = await open(context)
  await anew.waitForSelector('[data-page="welcome"]')

  const denied = await phone()
  await denied.addInitScript(() => {
    Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied', 'SecurityError') } })
  })
  await workerBegins(denied, `IDBFactory.prototype.open = () => { throw new DOMException('denied', 'SecurityError') }`)
  const shut = await open(denied)
  await shut.waitForSelector('[data-page="storage"]')
  await shot(shut, 'storage-390-zh')

  const old = await phone()
  await old.addInitScript(() => { Object.defineProperty(navigator, 'locks', { value: undefined }) })
  await workerBegins(old, `Object.defineProperty(navigator, 'locks', { value: undefined })`)
  const ancient = await open(old)
  await ancient.waitForSelector('[data-page="old"]')
  await shot(ancient, 'old-390-zh')
})

test('the server gone and back: the app opens from its own files, says that it is offline, and gets its tasks when it is back', async () => {
  const context = await phone({ keeps: true })
  const page = await open(context)
  await enrol(page, 'N2001')
  await page.evaluate(async () => { await navigator.serviceWorker.ready })
  await page.reload() // now it is the service worker's
  await page.waitForFunction(() => !!navigator.serviceWorker.controller)
  await world.stop('server')
  world.cut()
  await page.waitForSelector('[data-strip="offline"]', { timeout: 40000 })
  await shot(page, 'offline-390-zh')
  await page.reload()
  await page.waitForSelector('[data-tab="tasks"].on')
  await page.waitForSelector('[data-strip="offline"]', { timeout: 40000 })
  await go(page, '/server')
  await page.waitForSelector('[data-server="unreachable"]')
  await shot(page, 'server-unreachable-390-zh')
  // Nothing that the server answered was kept.
  const kept = await page.evaluate(async () => (await Promise.all((await caches.keys()).map(async name => (await (await caches.open(name)).keys()).map(one => new URL(one.url).pathname)))).flat())
  assert.ok(kept.length > 10)
  assert.deepEqual(kept.filter(path => !/^\/app\/(index\.html|assets\/[\w.-]+-[\w-]{8}\.(js|css|woff2|wasm))$/.test(path)), [])
  await world.startServer()
  world.mend()
  await world.task('N2001', { title: '出院小结' })
  await go(page, '/')
  await page.waitForSelector('text=出院小结', { timeout: 60000 })
  await page.waitForSelector('[data-strip="offline"]', { state: 'detached', timeout: 15000 })
})

test('the server page tells whether the server is well and the clock right; a clock that is wrong stands on every page', async () => {
  const context = await phone()
  await context.addInitScript(() => { const now = Date.now.bind(Date); Date.now = () => now() + 11 * 60_000 })
  const page = await open(context)
  await enrol(page, 'N2002')
  await page.waitForSelector('[data-strip="clock"]:has-text("快约 11 分钟")')
  await shot(page, 'clock-390-zh')
  await go(page, '/server')
  await page.waitForSelector('[data-server="good"] .tag.bad')
  await shot(page, 'server-clock-390-zh')
  const right = await open(await phone(), '#/server')
  await right.waitForSelector('[data-server="good"] .tag.ok')
  await shot(right, 'server-390-zh')
})

test('a new version waits until the person takes it, and leaves nothing of the old one', async () => {
  const page = await open(await phone({ keeps: true }))
  await page.evaluate(async () => { await navigator.serviceWorker.ready })
  await page.reload()
  await page.waitForFunction(() => !!navigator.serviceWorker.controller)
  await enrol(page, 'N2001')
  const names = () => page.evaluate(() => caches.keys())
  const [before] = await names()
  world.line.edit['/app/sw.js'] = text => text.replace(/app-[0-9a-f]{16}/, 'app-0123456789abcdef')
  await page.evaluate(async () => { await (await navigator.serviceWorker.getRegistration()).update() })
  await page.waitForSelector('[data-strip="update"]')
  await shot(page, 'update-390-zh')
  assert.ok((await names()).includes(before))
  await Promise.all([page.waitForEvent('load'), page.click('[data-strip="update"] button')])
  await page.waitForSelector('[data-tab="tasks"].on')
  assert.deepEqual(await names(), ['app-0123456789abcdef'])
})

const forms = [[360, 640, 'zh-CN'], [430, 932, 'en'], [360, 640, 'en', { text: 'huge' }], [390, 844, 'zh-CN', { text: 'huge', theme: 'dark' }], [360, 640, 'zh-CN', { text: 'large', contrast: true }], [430, 932, 'zh-CN', { theme: 'dark', contrast: true }]]
for (const [width, height, language, prefs = {}] of forms) {
  const name = [width, language.slice(0, 2), ...Object.entries(prefs).map(([key, value]) => (value === true ? key : value))].join('-')
  test(`every page of the frame fits: ${name}`, async () => {
    const page = await open(await phone({ width, height, language, prefs }))
    await page.waitForSelector('[data-page="welcome"]')
    await shot(page, `welcome-${name}`)
    await enrol(page, 'D1001')
    for (const path of ['/me', '/certificate', '/pin', '/fingerprint', '/devices', '/settings', '/identities', '/server', '/enrol?by=code']) {
      await go(page, path)
      await page.waitForSelector('[data-page], .who')
      await page.waitForTimeout(300)
      await shot(page, `${path.slice(1).replace(/\W.*/, '')}-${name}`)
    }
    await go(page, '/fingerprint')
    await page.click('[data-act="on"]')
    await page.waitForSelector('.auth')
    await shot(page, `auth-${name}`)
    await enter(page, '938271')
    await page.waitForSelector('.said.grave')
    await shot(page, `auth-wrong-${name}`)
  })
}
