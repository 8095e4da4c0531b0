// A phone with the Android app, as far as a browser can be one: the page on the app's own origin with the policy of apps/android's Page, the real channel of messages, and
// behind it a shell of JavaScript in the place of Java. What Java does is tested by scripts/test --android; here the page is, in these surroundings.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:https'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { browserOptions } from '../browser.mjs'
import { root } from './world.mjs'

const { chromium } = createRequire(join(root, 'web/mobile/package.json'))('playwright-core')
export const ORIGIN = 'https://app.yiqian.invalid'
const app = join(root, 'build/app')
const types = { html: 'text/html', js: 'text/javascript', mjs: 'text/javascript', css: 'text/css', wasm: 'application/wasm', svg: 'image/svg+xml', png: 'image/png', webmanifest: 'application/manifest+json' }

/** The policy that Page.java sends, word for word. */
function policy(server) {
  const java = readFileSync(join(root, 'apps/android/src/org/yiqian/app/Page.java'), 'utf8')
  const [before, after] = java.slice(java.indexOf('String policy()')).match(/"(default-src[^"]*)"[^]*?\+ "(; worker-src[^"]*)"/).slice(1)
  return before + (server ? ` ${server}` : '') + after
}

export class AndroidPhone {
  static async open(options = {}) {
    const phone = new AndroidPhone()
    /** What the shell keeps, and how its person answers: 'yes', 'no', or 'other' (another finger was enrolled). */
    Object.assign(phone, { server: '', wrapped: new Map(), finger: 'yes', prompts: [], calls: [], notified: [] })
    phone.folder = mkdtempSync(join(tmpdir(), 'android-e2e.'))
    const file = name => join(phone.folder, name)
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', file('key'), '-out', file('pem'), '-days', '2', '-subj', '/CN=app.yiqian.invalid'], { stdio: 'ignore' })
    phone.files = createServer({ key: readFileSync(file('key')), cert: readFileSync(file('pem')) }, (asked, answer) => phone.serve(asked, answer))
    await new Promise(done => phone.files.listen(0, '127.0.0.1', done))
    phone.browser = await chromium.launch(browserOptions(`--host-resolver-rules=MAP app.yiqian.invalid 127.0.0.1:${phone.files.address().port}`))
    phone.context = await phone.browser.newContext({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, locale: 'zh-CN', ignoreHTTPSErrors: true, ...options })
    await phone.context.exposeBinding('shellOfTheTest', (_, message) => phone.answer(JSON.parse(message)))
    await phone.context.addInitScript(() => {
      window.YiqianShell = {
        open(nonce) {
          const { port1, port2 } = new MessageChannel()
          port1.onmessage = async event => port1.postMessage(await window.shellOfTheTest(event.data))
          window.postMessage(`yiqian-shell:${nonce}`, '*', [port2])
        },
      }
    })
    return phone
  }

  async page() {
    const page = await this.context.newPage()
    page.wrong = []
    page.on('console', message => { if (message.type() === 'error' && !/^Failed to load resource/.test(message.text())) page.wrong.push(message.text()) })
    page.on('pageerror', error => page.wrong.push(String(error)))
    await page.goto(`${ORIGIN}/app/`)
    return page
  }

  serve(asked, answer) {
    const path = new URL(asked.url, ORIGIN).pathname
    const file = join(app, path.includes('.') ? path.replace('/app/', '/') : 'index.html')
    if (!path.startsWith('/app/') || path.includes('..') || !existsSync(file) || !statSync(file).isFile()) return answer.writeHead(404).end()
    answer.writeHead(200, { 'Content-Type': types[extname(file).slice(1)] ?? 'application/octet-stream', 'Content-Security-Policy': policy(this.server), 'X-Content-Type-Options': 'nosniff' })
    answer.end(readFileSync(file))
  }

  answer({ id, call, ...said }) {
    this.calls.push(call)
    const result = result => JSON.stringify({ id, result })
    const error = error => JSON.stringify({ id, error, detail: 'of the test' })
    switch (call) {
      case 'info': return result({ version: '0.1.0', server: this.server, development: true })
      case 'setServer':
        this.server = new URL(said.url).origin
        return result({})
      case 'fingerprint': return result({ available: true, reason: '' })
      case 'wrap':
        this.wrapped.set(said.name, said.secret)
        return result({})
      case 'unwrap':
        this.prompts.push(said.prompt)
        if (this.finger === 'no') return error('cancelled')
        if (this.finger === 'other') this.wrapped.delete(said.name)
        return this.wrapped.has(said.name) ? result({ secret: this.wrapped.get(said.name) }) : error('fingerprint_off')
      case 'erase':
        this.wrapped.delete(said.name)
        return result({})
      case 'allowNotifications': return result({ allowed: true })
      case 'notify':
        this.notified.push(said.tasks)
        return result({})
      default: return error('invalid_argument')
    }
  }

  async close() {
    await this.browser?.close()
    this.files?.closeAllConnections()
    this.files?.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
