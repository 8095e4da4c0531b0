// A world of its own for a test: yiqiand that serves the app, a line to it that can be slow or break, a business system, and phones.
import { execFileSync, spawn } from 'node:child_process'
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer, request as httpRequest } from 'node:http'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { browserOptions } from '../browser.mjs'

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')
const load = createRequire(join(root, 'web/mobile/package.json'))
const { chromium } = load('playwright-core')
const qrcode = load('qrcode')
const bin = process.env.YIQIAN_BIN ?? join(root, 'build/release/src/cmd')
/** What the staff of these tests choose. */
export const PIN = '274915'
/** Staff of every world; more come with world.addUser. */
export const STAFF = { D1001: '王建国', D1002: '陈晓梅', N2001: '李静', N2002: '赵敏' }

const freePort = () => new Promise((done, failed) => {
  const server = createServer().on('error', failed).listen(0, '127.0.0.1', () => {
    const { port } = server.address()
    server.close(() => done(port))
  })
})

export class World {
  /** options: further ones of yiqiand. */
  static async open({ options = [] } = {}) {
    const world = new this()
    world.folder = mkdtempSync(join(tmpdir(), 'mobile-e2e.'))
    world.children = []
    world.port = await freePort()
    world.options = options
    /** The line between the phones and the server, which a test may change at any time. delay: ms before each answer. gone: nothing gets
     * through. lose: answers to paths that it matches are lost on the way back, after the server acted. swallow: such requests never arrive.
     * edit: path to what becomes of the text that is answered there. */
    world.line = { delay: 0, gone: false, lose: null, swallow: null, edit: {}, seen: [] }
    await world.startLine()
    // A name, not an address: it is what fingerprints are bound to.
    world.url = `http://localhost:${world.linePort}`
    world.env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, YIQIAN_DATA_DIR: join(world.folder, 'data'), YIQIAN_SERVER: `http://127.0.0.1:${world.port}` }
    writeFileSync(join(world.folder, 'pin.txt'), `${PIN}\n`, { mode: 0o600 })
    await world.startServer()
    world.run('yiqian', 'system', 'add', '--name', '电子病历', '--scope', 'tasks,verify', '--stamps', 'on')
    world.run('yiqian', 'system', 'credential', '电子病历', '--output', 'emr.json')
    for (const [staff, name] of Object.entries(STAFF)) world.addUser(staff, name)
    world.browser = await chromium.launch(browserOptions('--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream'))
    return world
  }

  async startServer() {
    await this.start('server', 'yiqiand', ['--data-dir', 'data', '--listen', `127.0.0.1:${this.port}`, '--public-url', this.url, '--app-dir', join(root, 'build/app'), '--certificate-life', '40d', ...this.options], /listening on http/)
  }

  startLine() {
    this.proxy = createHttpServer((asked, answer) => {
      const { line } = this
      line.seen.push(`${asked.method} ${asked.url}`)
      if (line.seen.length > 5000) line.seen.splice(0, 2500)
      if (line.gone || line.swallow?.test(asked.url)) return asked.socket.destroy()
      const edit = line.edit[asked.url], lost = line.lose?.test(asked.url) // as it is now: a test may mend the line before the answer is there
      const { 'accept-encoding': packed, 'if-none-match': known, ...headers } = asked.headers
      const onward = httpRequest({ host: '127.0.0.1', port: this.port, method: asked.method, path: asked.url, headers: edit ? headers : asked.headers }, came => {
        if (edit) return void came.setEncoding('utf8').toArray().then(pieces => answer.writeHead(200, { 'content-type': came.headers['content-type'] }).end(edit(pieces.join(''))))
        setTimeout(() => {
          if (line.gone || lost) return asked.socket.destroy()
          answer.writeHead(came.statusCode, came.rawHeaders)
          came.pipe(answer)
        }, line.delay)
        came.on('error', () => asked.socket.destroy())
      })
      onward.on('error', () => asked.socket.destroy())
      answer.on('close', () => onward.destroy())
      asked.pipe(onward)
    })
    return new Promise(done => this.proxy.listen(0, '127.0.0.1', () => { this.linePort = this.proxy.address().port; done() }))
  }
  /** The line as it was at first; connections that are open break where it was gone. */
  mend() {
    Object.assign(this.line, { delay: 0, gone: false, lose: null, swallow: null, edit: {} })
  }
  cut() {
    this.line.gone = true
    this.proxy.closeAllConnections()
  }

  start(name, command, args, ready) {
    const child = spawn(command, args, { cwd: this.folder, env: this.env, stdio: ['ignore', 'pipe', 'pipe'] })
    child.name = name
    this.children.unshift(child)
    return new Promise((done, failed) => {
      let text = ''
      const read = chunk => {
        text = (text + chunk).slice(-20000)
        if (process.env.SHOW_LOGS) process.stderr.write(`${name}: ${chunk}`)
        if (ready.test(text)) done(child)
      }
      child.stdout.on('data', read)
      child.stderr.on('data', read)
      child.on('error', failed)
      child.on('exit', code => failed(new Error(`${name} ended with ${code}: ${text}`)))
    })
  }

  async stop(name) {
    const child = this.children.find(one => one.name === name)
    this.children = this.children.filter(one => one !== child)
    if (!child || child.exitCode !== null) return
    const ended = new Promise(done => child.on('exit', done))
    child.kill('SIGTERM')
    await ended
  }

  run(command, ...args) {
    return execFileSync(command, args, { cwd: this.folder, env: this.env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  }

  // The operator, at the server's socket

  operator(...args) {
    const said = this.run('yiqian', ...args, '--json')
    return said.trim() ? JSON.parse(said) : null
  }
  addUser(staff, name) {
    this.operator('user', 'add', '--staff-no', staff, '--name', name, '--department', '心内科')
  }
  activate(staff) {
    return this.operator('user', 'activate', staff).activation_code
  }
  keys(staff) {
    return this.operator('user', 'keys', staff).items
  }

  /** What the operators' command line has no command for: a request at the socket. */
  operate(method, path, body) {
    return new Promise((done, failed) => {
      const asked = httpRequest({ socketPath: join(this.folder, 'data/yiqiand.sock'), method, path, headers: { host: 'localhost', 'content-type': 'application/json' } }, came => {
        came.setEncoding('utf8').toArray().then(pieces => (came.statusCode < 300 ? done(JSON.parse(pieces.join('') || 'null')) : failed(new Error(`${method} ${path}: ${came.statusCode} ${pieces.join('')}`))), failed)
      }).on('error', failed)
      asked.end(JSON.stringify(body))
    })
  }

  // The business system

  get credential() {
    return JSON.parse(readFileSync(join(this.folder, 'emr.json'), 'utf8'))
  }
  /** POST and GET as the business system; throws what was refused. */
  async business(method, path, body) {
    const { key: id, secret } = this.credential
    const data = body ? JSON.stringify(body) : ''
    const at = Math.floor(Date.now() / 1000), nonce = randomBytes(18).toString('base64url')
    const signed = [method, path, createHash('sm3').update(data).digest('hex'), at, nonce].join('\n')
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      method, body: data || undefined,
      headers: {
        authorization: `YQ1-HMAC-SM3 key=${id}, time=${at}, nonce=${nonce}, signature=${createHmac('sm3', secret).update(signed).digest('hex')}`,
        ...(data ? { 'content-type': 'application/json' } : {}),
      },
    })
    const said = await answer.json().catch(() => null)
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(said)}`)
    return said
  }
  /** A task for the person, of a text where nothing else is said; gives what the server answered. */
  task(staff, { title = '首次病程记录', text = '患者病情平稳，继续目前治疗。', mediaType = 'text/plain', content = Buffer.from(text), ...more } = {}) {
    return this.business('POST', '/v1/tasks', { signer: staff, form: 'raw', title, media_type: mediaType, document: content.toString('base64'), ...more })
  }

  // Phones

  /** A phone of its own: what it stores outlives its pages, not its context. authenticator: '' for none, 'prf', or 'plain' (without PRF).
   * keeps: it keeps the app's files, by the service worker, which costs each phone a download of them all. */
  async phone({ width = 390, height = 844, language = 'zh-CN', prefs, authenticator = 'prf', keeps = false, context: options = {} } = {}) {
    const context = await this.browser.newContext({ viewport: { width, height }, deviceScaleFactor: 1, isMobile: true, hasTouch: true, locale: language, reducedMotion: 'reduce', ...options })
    await context.addInitScript(([language, prefs]) => {
      try {
        if (!localStorage.getItem('language')) localStorage.setItem('language', language)
        if (prefs && !localStorage.getItem('prefs')) localStorage.setItem('prefs', prefs)
      } catch { /* denied by the test */ }
    }, [language, prefs && JSON.stringify(prefs)])
    await context.addInitScript(camera)
    await context.addInitScript(fewRounds)
    if (!keeps) await context.addInitScript(() => { delete Navigator.prototype.serviceWorker })
    context.authenticator = authenticator
    return context
  }

  /** A page of that phone, at the app. */
  async page(context, path = '') {
    const page = await context.newPage()
    page.wrong = []
    page.on('console', message => {
      // What the server refuses, and a line that is broken, the browser tells here too; the app's answer to it is what is tested.
      if (message.type() === 'error' && !/^Failed to load resource/.test(message.text())) page.wrong.push(`${message.text()} ${message.location().url}`)
    })
    page.on('pageerror', error => page.wrong.push(String(error.stack ?? error)))
    page.on('request', request => { if (![this.url, 'blob:', 'data:'].some(ours => request.url().startsWith(ours))) page.wrong.push(`asked ${request.url()}`) })
    if (context.authenticator) {
      const cdp = await context.newCDPSession(page)
      await cdp.send('WebAuthn.enable', { enableUI: false })
      const add = () => cdp.send('WebAuthn.addVirtualAuthenticator', { options: {
        protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
        automaticPresenceSimulation: true, hasPrf: context.authenticator === 'prf',
      } })
      let { authenticatorId } = await add()
      /** Whether the finger is the right one from now on. The authenticator blocks itself after wrong ones: the right one finds a new phone. */
      page.finger = async right => {
        if (!right) return cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
        await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
        ({ authenticatorId } = await add())
      }
      page.cdp = cdp
    }
    await page.goto(`${this.url}/app/${path}`)
    return page
  }

  /** A picture of a code, as a PNG. */
  picture(text) {
    return qrcode.toBuffer(text, { errorCorrectionLevel: 'M', width: 600 })
  }
  /** Holds a code before the phone's camera, once that is open; null: takes it away. */
  async show(page, text) {
    if (text === null) return page.evaluate(() => window.holdBeforeCamera(null))
    await page.waitForFunction(() => window.cameraIsOpen)
    const { modules } = qrcode.create(text, { errorCorrectionLevel: 'M' })
    await page.evaluate(picture => window.holdBeforeCamera(picture), { size: modules.size, data: [...modules.data] })
  }
  /** A code of the command line that changes each second, shown until `found` resolves. */
  async showAlive(page, command, found) {
    let over = false
    const end = found.finally(() => { over = true })
    while (!over) {
      await this.show(page, this.run('yiqian', ...command, '--text').trim())
      await Promise.race([end.catch(() => undefined), page.waitForTimeout(2500)])
    }
    await end
  }

  async close() {
    await this.browser?.close()
    this.proxy?.closeAllConnections()
    this.proxy?.close()
    for (const child of [...this.children]) {
      child.removeAllListeners('exit')
      await this.stop(child.name)
    }
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** The PIN's key is derived in as few rounds as the SDK takes: what that costs is measured elsewhere. Runs in the page, before the app opens its worker. */
function fewRounds() {
  const send = Worker.prototype.postMessage
  Worker.prototype.postMessage = function (message, ...more) {
    if (message?.type === 'open') message = { ...message, opening: { ...message.opening, options: { ...message.opening.options, pinIterations: 10000 } } }
    return send.call(this, message, ...more)
  }
}

/** The phone's camera is a canvas, on which a test draws a code. Runs in the page, before the app. A camera that is opened sees nothing until a
 * code is held before it: what an earlier one was shown would be read before the test can show the next. What is shown is shown to an open one. */
function camera() {
  if (!navigator.mediaDevices) return
  const canvas = document.createElement('canvas')
  canvas.width = 640
  canvas.height = 480
  const drawing = canvas.getContext('2d')
  let shown = null
  const draw = () => {
    drawing.fillStyle = '#8a8f92'
    drawing.fillRect(0, 0, 640, 480)
    if (!shown) return
    const { size, data } = shown
    const module = Math.floor(440 / (size + 8))
    const left = Math.round((640 - module * size) / 2), top = Math.round((480 - module * size) / 2)
    drawing.fillStyle = '#fff'
    drawing.fillRect(left - 4 * module, top - 4 * module, module * (size + 8), module * (size + 8))
    drawing.fillStyle = '#000'
    data.forEach((dark, i) => { if (dark) drawing.fillRect(left + (i % size) * module, top + Math.floor(i / size) * module, module, module) })
  }
  setInterval(draw, 50)
  window.holdBeforeCamera = picture => { shown = picture; draw() }
  navigator.mediaDevices.getUserMedia = async () => {
    window.holdBeforeCamera(null)
    const stream = canvas.captureStream(20)
    const [track] = stream.getTracks()
    const stop = track.stop.bind(track)
    track.stop = () => { window.cameraIsOpen = false; stop() }
    window.cameraIsOpen = true
    return stream
  }
}

/** What sticks out of the window or hides the end of its own text, where no scrolling is meant; and what a thumb cannot hit. */
export const overflow = page => page.evaluate(() => {
  const found = []
  if (document.documentElement.scrollWidth > innerWidth || document.documentElement.scrollHeight > innerHeight) found.push('page')
  for (const element of document.querySelectorAll('body *')) {
    const box = element.getBoundingClientRect()
    if (!box.width || !box.height || element.closest('.heard, [aria-hidden="true"]')) continue
    const style = getComputedStyle(element)
    const name = `${element.tagName}.${element.getAttribute('class') ?? ''}`
    if (style.visibility === 'hidden') continue
    if ((box.right > innerWidth + 1 || box.left < -1) && !element.closest('.scrolls-x')) found.push(`sideways: ${name}`)
    if (style.overflowX === 'hidden' && style.textOverflow !== 'ellipsis' && element.scrollWidth > element.clientWidth + 1 && element.tagName !== 'CANVAS') found.push(`clipped: ${name}`)
    if (element.matches('button, a[href], .entry') && !element.disabled && (box.height < 40 || box.width < 40)) found.push(`small: ${name} ${Math.round(box.width)}x${Math.round(box.height)}`)
  }
  return found
})
