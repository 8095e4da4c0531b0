// The world of the console's tests: that of the app's (a business system, phones, a line that can break), with the console and its operators.
import { existsSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { root, World as Phones } from '../mobile/world.mjs'

export { PIN, root, STAFF } from '../mobile/world.mjs'
/** Operators of every world. Two administrators: one asks, the other approves. */
export const OPERATORS = {
  administrator: { staff_no: 'A1001', name: '林晓岚', role: 'administrator' },
  second: { staff_no: 'A1002', name: '沈思远', role: 'administrator' },
  operator: { staff_no: 'B1001', name: '顾明慧', role: 'operator' },
  auditor: { staff_no: 'C1001', name: '许文博', role: 'auditor' },
}

export class World extends Phones {
  /** options: further ones of yiqiand. operators: none of them for the very first start. */
  static async open({ options = [], operators = OPERATORS } = {}) {
    const world = await super.open({ options })
    world.operators = {}
    for (const [who, given] of Object.entries(operators)) world.operators[who] = await world.socket('POST', '/v1/operators', given)
    return world
  }

  async startServer() {
    const app = join(root, 'build/app')
    const started = this.start('server', 'yiqiand', ['--data-dir', 'data', '--listen', `127.0.0.1:${this.port}`, '--public-url', this.url, '--console-dir', join(root, 'build/console'),
      ...(existsSync(join(app, 'index.html')) ? ['--app-dir', app] : []), '--certificate-life', '40d', ...this.options], /listening on http/)
    this.said = ''
    this.children[0].stderr.on('data', text => { this.said += text })
    return started
  }
  /** The link of the first administrator, as the server printed it; the part behind "#". */
  async firstLink() {
    for (let i = 0; i < 100; i++) {
      const found = /\/console\/#(\/first\?link=\S+)/.exec(this.said)?.[1]
      if (found) return found
      await new Promise(done => setTimeout(done, 50))
    }
    throw new Error(`no link: ${this.said}`)
  }
  /** A phone without a screen, which enrols: the directory of `yiqian device`. */
  device(staff, directory = `phone-${staff}`) {
    this.run('yiqian', 'device', 'enrol', '--dir', directory, '--server', `http://127.0.0.1:${this.port}`, '--staff-no', staff, '--code', this.activate(staff), '--name', 'phone', '--pin-file', 'pin.txt')
    return directory
  }

  /** As the server's own user, at its socket: may do everything, at once. */
  socket(method, path, body) {
    return new Promise((done, failed) => {
      const text = body === undefined ? '' : JSON.stringify(body)
      const asked = httpRequest({ socketPath: join(this.folder, 'data/yiqiand.sock'), method, path, headers: text ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } : {} }, async answer => {
        const said = (await answer.setEncoding('utf8').toArray()).join('')
        if (answer.statusCode >= 300) return failed(new Error(`${method} ${path}: ${answer.statusCode} ${said}`))
        done(said ? JSON.parse(said) : null)
      })
      asked.on('error', failed)
      asked.end(text)
    })
  }

  /** A one-time link of this operator; the part behind "#". */
  async link(who) {
    const { link } = await this.socket('POST', `/v1/operators/${this.operators[who].operator}/links`)
    return `/login?link=${link}`
  }

  /** A browser of its own. Nothing moves in it: what fades and slides is painted for nobody. */
  browserOf({ width = 1366, height = 768, language = 'zh-CN', context: options = {} } = {}) {
    return this.browser.newContext({ viewport: { width, height }, deviceScaleFactor: 1, locale: language, timezoneId: 'Asia/Shanghai', acceptDownloads: true, reducedMotion: 'reduce', ...options }).then(async context => {
      await context.addInitScript(language => { try { if (!localStorage.getItem('console.language')) localStorage.setItem('console.language', language) } catch { /* denied by the test */ } }, language)
      context.authenticator = ''
      return context
    })
  }

  /** A page of it, at the console. page.wrong: what the browser complained of, the policy's violations among it, and what was asked of others. */
  async console(context, path = '/') {
    const page = await context.newPage()
    page.wrong = []
    page.on('console', message => {
      // What the server refuses, and a line that is broken, the browser tells here too; the console's answer to it is what is tested.
      if ((message.type() === 'error' || message.type() === 'warning') && !/^Failed to load resource/.test(message.text())) page.wrong.push(`${message.text()} ${message.location().url}`)
    })
    page.on('pageerror', error => page.wrong.push(String(error.stack ?? error)))
    page.on('request', request => { if (![this.url, 'blob:', 'data:'].some(ours => request.url().startsWith(ours))) page.wrong.push(`asked ${request.url()}`) })
    await page.goto(`${this.url}/console/#${path}`)
    return page
  }
}

/** What sticks out of the window or hides the end of its own text, and what scrolls sideways where that is not meant (.scrolls-x). */
export const overflow = page => page.evaluate(() => {
  const found = []
  if (document.documentElement.scrollWidth > innerWidth || document.documentElement.scrollHeight > innerHeight) found.push('page')
  for (const element of document.querySelectorAll('body *')) {
    const box = element.getBoundingClientRect()
    if (!box.width || !box.height || element.closest('.heard, .skip, [aria-hidden="true"], .scrolls-x, svg, .el-loading-mask')) continue
    const style = getComputedStyle(element)
    const name = `${element.tagName.toLowerCase()}.${element.getAttribute('class') ?? ''} "${(element.textContent ?? '').trim().slice(0, 30)}"`
    if (style.visibility === 'hidden') continue
    if (box.right > innerWidth + 1 || box.left < -1) found.push(`outside: ${name}`)
    if (element.matches('canvas, input, textarea, select')) continue
    const wide = element.scrollWidth > element.clientWidth + 1
    if (wide && style.overflowX === 'hidden' && style.textOverflow !== 'ellipsis') found.push(`clipped: ${name}`)
    if (wide && (style.overflowX === 'auto' || style.overflowX === 'scroll')) found.push(`scrolls sideways: ${name}`)
  }
  return found
})
