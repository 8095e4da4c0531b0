// A world of its own for a test: yiqiand, the EMR beside it, phones for each of its staff, and a browser.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { createServer as createTlsServer } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { browserOptions } from '../browser.mjs'

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')
const load = createRequire(join(root, 'examples/emr/web/package.json'))
const { chromium } = load('playwright-core')
const readQr = load('jsqr')
const bin = process.env.YIQIAN_BIN ?? join(root, 'build/release/src/cmd')
const PIN = '274915'
export const STAFF = ['D1001', 'D1002', 'D1003', 'N2001']

const freePort = () => new Promise((done, failed) => {
  const server = createServer().on('error', failed).listen(0, '127.0.0.1', () => {
    const { port } = server.address()
    server.close(() => done(port))
  })
})

export class World {
  /** tls: with a proxy in front of the EMR that ends TLS. */
  static async open({ tls = false } = {}) {
    const world = new World()
    world.folder = mkdtempSync(join(tmpdir(), 'emr-e2e.'))
    world.children = []
    world.emrOptions = []
    world.ports = { server: await freePort(), emr: await freePort(), agent: await freePort() }
    world.env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, YIQIAN_DATA_DIR: join(world.folder, 'data'), YIQIAN_SERVER: `http://127.0.0.1:${world.ports.server}` }
    writeFileSync(join(world.folder, 'pin.txt'), `${PIN}\n`, { mode: 0o600 })
    await world.startServer()
    world.run('yiqian', 'system', 'add', '--name', '电子病历', '--scope', 'tasks,verify', '--stamps', 'on')
    world.run('yiqian', 'system', 'credential', '电子病历', '--output', 'emr.json')
    world.url = `http://127.0.0.1:${world.ports.emr}`
    if (tls) await world.startProxy()
    await world.startEmr()
    await world.startPhones()
    world.browser = await chromium.launch(browserOptions())
    return world
  }

  async startServer() {
    await this.start('server', 'yiqiand', ['--data-dir', 'data', '--listen', `127.0.0.1:${this.ports.server}`], /listening on http/)
  }

  async startEmr() {
    await this.start('emr', join(root, 'scripts/tools/emr'), [`127.0.0.1:${this.ports.emr}`, '--agent', this.agentUrl, '--code-seconds', '30', ...this.emrOptions], /EMR: http/)
  }

  /** What nginx would do: TLS outside, the same bytes inside. */
  async startProxy() {
    this.run('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'tls.key', '-out', 'tls.pem', '-days', '2', '-subj', '/CN=127.0.0.1')
    const pem = name => readFileSync(join(this.folder, name))
    this.proxy = createTlsServer({ key: pem('tls.key'), cert: pem('tls.pem') }, outside => {
      const inside = connect(this.ports.emr, '127.0.0.1')
      for (const [one, other] of [[outside, inside], [inside, outside]]) one.on('error', () => other.destroy()).on('close', () => other.destroy()).pipe(other)
    })
    await new Promise(done => this.proxy.listen(0, '127.0.0.1', done))
    this.url = `https://127.0.0.1:${this.proxy.address().port}`
    this.emrOptions = ['--public-url', this.url]
  }

  /** The agent of the workstation at which the pages are shown. */
  async startAgent() {
    await this.start('agent', join(root, 'scripts/tools/emr_agent'), [`127.0.0.1:${this.ports.agent}`, this.url], /listening on http/)
  }

  get agentUrl() {
    return `http://127.0.0.1:${this.ports.agent}`
  }

  start(name, command, args, ready, stdin = 'ignore') {
    const child = spawn(command, args, { cwd: this.folder, env: this.env, stdio: [stdin, 'pipe', 'pipe'] })
    child.name = name
    this.children.unshift(child)
    return new Promise((done, failed) => {
      let text = ''
      const read = chunk => {
        text = (text + chunk).slice(-20000)
        if (process.env.SHOW_LOGS) process.stderr.write(`${name}: ${chunk}`)
        if (ready?.test(text)) done(child)
      }
      if (ready) child.stdout.on('data', read)
      child.stderr.on('data', read)
      child.on('error', failed)
      child.on('exit', code => {
        if (code && process.env.SHOW_LOGS) console.error(`${name} ended with ${code}: ${text}`)
        failed(new Error(`${name} ended with ${code}: ${text}`))
      })
      if (!ready) done(child)
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

  // Phones

  async startPhones() {
    this.phones = await this.start('phones', '/usr/bin/python3', ['-B', join(root, 'tests/e2e/emr/devices.py'), String(this.ports.server), PIN], null, 'pipe')
    this.answers = createInterface({ input: this.phones.stdout })[Symbol.asyncIterator]()
    for (const staff of STAFF) {
      const { activation_code: code } = JSON.parse(this.run('yiqian', 'user', 'activate', staff, '--json'))
      await this.phone('enrol', { staff, code })
    }
  }

  /** A person does something on his phone. */
  async phone(act, what) {
    this.phones.stdin.write(`${JSON.stringify({ do: act, ...what })}\n`)
    const said = JSON.parse((await this.answers.next()).value)
    if (!('answer' in said)) throw Object.assign(new Error(JSON.stringify(said)), { code: said.refused?.code })
    return said.answer
  }

  /** The text of the code that the page shows, read from its picture. */
  async read(page) {
    // A digit a pixel: a code lives five seconds, and the numbers of a whole picture are slow to come over.
    const picture = await page.locator('.square canvas:visible').evaluate(canvas => {
      const { data, width, height } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
      return { dark: Array.from({ length: width * height }, (_, i) => +(data[4 * i] < 128)).join(''), width, height }
    })
    const found = readQr(Uint8ClampedArray.from(Array.from(picture.dark).flatMap(dark => (dark === '1' ? [0, 0, 0, 255] : [255, 255, 255, 255]))), picture.width, picture.height)
    if (!found) throw new Error('the picture holds no code')
    return found.data
  }

  /** A code lives five seconds, so a camera looks again; and where all of them took too long, a person asks for new ones. */
  async looked(page, scanned) {
    for (const until = Date.now() + 60_000; ;) {
      const again = page.locator('.scan-dialog .again')
      if (await again.isVisible()) await again.click()
      const code = await this.read(page)
      try {
        return await scanned(code)
      } catch (error) {
        if (!`${error.code} ${error.message}`.includes('scan_refused') || Date.now() > until) throw error
        await page.waitForTimeout(1200)
      }
    }
  }

  /** A phone scans it: what it shows to the person. */
  scan(page, staff, act = 'scan') {
    return this.looked(page, code => this.phone(act, { staff, code }))
  }

  /** The product's own phone does all of it: scans, asks nothing, signs or approves. */
  scanAndSign(page, staff) {
    return this.looked(page, code => this.run('yiqian', 'device', 'scan', code, '--dir', `phone-${staff}`, '--pin-file', 'pin.txt', '--yes'))
  }

  /** Types the login's short code into the product's own phone; gives what enters the number there and waits for the end. */
  typeShortCode(staff, code) {
    // It asks on a terminal: script(1) is one.
    const command = `yiqian device login ${code} --dir phone-${staff} --pin-file pin.txt --yes`
    const child = spawn('script', ['-qec', command, '/dev/null'], { cwd: this.folder, env: this.env, stdio: ['pipe', 'ignore', 'inherit'] })
    const ended = new Promise(done => child.on('exit', done))
    return number => { child.stdin.write(`${number}\n`); return ended }
  }

  /** The product's own phone signs all that waits for the person. */
  phoneSigns(staff) {
    return this.run('yiqian', 'device', 'sign', '--all', '--dir', `phone-${staff}`, '--pin-file', 'pin.txt')
  }

  // Browser

  async page(width, height, language = 'zh-CN') {
    const context = await this.browser.newContext({ viewport: { width, height }, locale: language, ignoreHTTPSErrors: !!this.proxy })
    await context.addInitScript(value => localStorage.setItem('language', value), language)
    const page = await context.newPage()
    page.wrong = []
    page.left = 0 // when somebody logged out: what was under way is refused
    page.on('request', request => { if (request.url().endsWith('/api/logout')) page.left = Date.now() })
    // What this test expects the browser to complain of: a page looks whether its workstation has an agent.
    page.awaited = this.children.some(child => child.name === 'agent') ? [] : [this.agentUrl]
    page.on('console', message => {
      const where = message.location().url
      const underWay = message.text().includes('401') && Date.now() - page.left < 10_000
      if (message.type() === 'error' && !underWay && !page.awaited.some(part => where.includes(part) || message.text().includes(part))) page.wrong.push(`${message.text()} ${where}`)
    })
    page.on('pageerror', error => page.wrong.push(String(error)))
    page.on('request', request => { if (![this.url, this.agentUrl, 'data:'].some(ours => request.url().startsWith(ours))) page.wrong.push(`asked ${request.url()}`) })
    return page
  }

  async signIn(page, staff) {
    await page.click('.el-tabs__item:has-text("演示"), .el-tabs__item:has-text("Demo")')
    await page.click(`[data-staff="${staff}"]`)
    await page.waitForSelector('.ward .bed.on')
  }

  async close() {
    await this.browser?.close()
    this.proxy?.close()
    for (const child of [...this.children]) {
      child.removeAllListeners('exit')
      await this.stop(child.name)
    }
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** What sticks out of the window or hides the end of its own text, where no scrolling is meant. */
export const overflow = page => page.evaluate(() => {
  const found = []
  if (document.documentElement.scrollWidth > innerWidth || document.documentElement.scrollHeight > innerHeight) found.push('page')
  for (const element of document.querySelectorAll('body *')) {
    const box = element.getBoundingClientRect()
    if (!box.width || !box.height) continue
    const style = getComputedStyle(element)
    if (box.right > innerWidth + 1 && !element.closest('.el-notification, .el-message, .el-table')) found.push(`right: ${element.tagName}.${element.className}`)
    const clips = style.overflowX === 'hidden' && style.textOverflow !== 'ellipsis' && !element.closest('.el-table, .el-tabs, .el-input')
    if (clips && element.scrollWidth > element.clientWidth + 1) found.push(`clipped: ${element.tagName}.${element.className}`)
  }
  return found
})
