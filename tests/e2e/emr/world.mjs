// A world of its own for a test: yiqiand, the EMR beside it, a phone for each of its staff, and a browser.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')
const { chromium } = createRequire(join(root, 'examples/emr/web/package.json'))('playwright-core')
const bin = process.env.YIQIAN_BIN ?? join(root, 'build/release/src/cmd')

export class World {
  static async open() {
    const world = new World()
    world.folder = mkdtempSync(join(tmpdir(), 'emr-e2e.'))
    world.children = []
    world.env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, YIQIAN_DATA_DIR: join(world.folder, 'data') }
    writeFileSync(join(world.folder, 'pin.txt'), '274915\n', { mode: 0o600 })
    const said = await world.start('yiqiand', ['--data-dir', 'data', '--listen', '127.0.0.1:0'], /listening on (http:[^,\s]+)/)
    world.env.YIQIAN_SERVER = said
    world.run('yiqian', 'system', 'add', '--name', '电子病历', '--scope', 'tasks,verify')
    world.run('yiqian', 'system', 'credential', '电子病历', '--output', 'emr.json')
    world.url = await world.start(join(root, 'scripts/tools/emr'), ['127.0.0.1:0'], /EMR: (http:\S+)/)
    world.browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
    return world
  }

  start(command, args, ready) {
    const child = spawn(command, args, { cwd: this.folder, env: this.env, stdio: ['ignore', 'pipe', 'pipe'] })
    this.children.unshift(child)
    return new Promise((done, failed) => {
      let text = ''
      const read = chunk => {
        text += chunk
        const found = ready.exec(text)
        if (found) done(found[1])
      }
      child.stdout.on('data', read)
      child.stderr.on('data', read)
      child.on('error', failed)
      child.on('exit', code => failed(new Error(`${command} ended with ${code}: ${text}`)))
    })
  }

  run(command, ...args) {
    return execFileSync(command, args, { cwd: this.folder, env: this.env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  }

  /** The phone of a person signs all that waits for it. */
  phoneSigns(staff) {
    return this.run('yiqian', 'device', 'sign', '--all', '--dir', `phone-${staff}`, '--pin-file', 'pin.txt')
  }

  async page(width, height, language = 'zh-CN') {
    const context = await this.browser.newContext({ viewport: { width, height }, locale: language })
    await context.addInitScript(value => localStorage.setItem('language', value), language)
    const page = await context.newPage()
    page.wrong = []
    page.on('console', message => { if (message.type() === 'error') page.wrong.push(message.text()) })
    page.on('pageerror', error => page.wrong.push(String(error)))
    page.on('request', request => { if (!request.url().startsWith(this.url) && !request.url().startsWith('data:')) page.wrong.push(`asked ${request.url()}`) })
    return page
  }

  async signIn(page, staff) {
    await page.goto(this.url)
    await page.click(`[data-staff="${staff}"]`)
    await page.waitForSelector('.ward .bed.on')
  }

  async close() {
    await this.browser?.close()
    for (const child of this.children) {
      child.removeAllListeners('exit')
      const ended = new Promise(done => child.on('exit', done))
      if (child.exitCode === null && child.kill('SIGTERM')) await ended
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
