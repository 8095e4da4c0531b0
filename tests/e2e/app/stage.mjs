// A server with a small app of the test's own, and a browser before it.
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { browserOptions } from '../browser.mjs'

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..')
const { chromium } = createRequire(join(root, 'web/mobile/package.json'))('playwright-core')
const bin = process.env.YIQIAN_BIN ?? join(root, 'build/release/src/cmd')

/** (module (func (export "f") (result i32) i32.const 42)) */
const WASM = Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 6, 1, 4, 0, 65, 42, 11])

const FILES = {
  'index.html': `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>app</title>
<script>window.inline = 'ran'</script>
<link rel="stylesheet" href="/app/assets/index-00000000.css">
<script type="module" src="/app/assets/index-00000000.js"></script></head>
<body onload="window.handler = 'ran'"><p id="styled" style="color: rgb(1, 2, 3)">text</p></body></html>`,
  'assets/index-00000000.css': 'body { background: rgb(4, 5, 6) }',
  'assets/index-00000000.js': `window.violations = []
document.addEventListener('securitypolicyviolation', e => window.violations.push(e.effectiveDirective))
window.work = what => new Promise((done, failed) => {
  const worker = new Worker('/app/assets/worker-00000000.js', { type: 'module' })
  worker.onmessage = e => { done(e.data); worker.terminate() }
  worker.onerror = e => failed(new Error(e.message || 'the worker did not start'))
  worker.postMessage(what)
})
window.ready = true`,
  'assets/worker-00000000.js': `import { answer } from './part-00000000.js'
onmessage = async ({ data }) => {
  try {
    if (data === 'eval') return postMessage(String(new Function('return 1')()))
    if (data.startsWith('http')) return postMessage((await fetch(data)).status)
    const { instance } = await WebAssembly.instantiateStreaming(fetch('/app/assets/part-00000000.wasm'))
    postMessage(answer(instance.exports.f()))
  } catch (e) {
    postMessage(e.name)
  }
}`,
  'assets/part-00000000.js': 'export const answer = n => `wasm says ${n}`',
  'assets/part-00000000.wasm': WASM,
  'sw.js': "addEventListener('fetch', () => {})",
}

export class Stage {
  static open() {
    const stage = new Stage()
    stage.folder = mkdtempSync(join(tmpdir(), 'app-e2e.'))
    stage.browsers = []
    for (const [name, content] of Object.entries(FILES)) {
      mkdirSync(dirname(stage.at(`app/${name}`)), { recursive: true })
      writeFileSync(stage.at(`app/${name}`), content)
    }
    return stage
  }

  at(name) {
    return join(this.folder, name)
  }

  run(command, ...args) {
    return execFileSync(command, args, { cwd: this.folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, PATH: `${bin}:${process.env.PATH}` } })
  }

  /** yiqiand; its port afterwards in this.port. */
  start(...options) {
    this.server = spawn(join(bin, 'yiqiand'), ['--data-dir', 'data', '--listen', `127.0.0.1:${this.port ?? 0}`, '--app-dir', 'app', ...options], { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] })
    let log = ''
    this.server.stderr.on('data', chunk => { log = (log + chunk).slice(-10000) })
    return new Promise((done, failed) => {
      this.server.stdout.on('data', chunk => {
        const found = /listening on https?:\/\/127\.0\.0\.1:(\d+)/.exec(chunk)
        if (found) done(this.port = Number(found[1]))
      })
      this.server.on('exit', code => failed(new Error(`yiqiand ended with ${code}: ${log}`)))
    })
  }

  async stop() {
    if (!this.server) return
    const ended = new Promise(done => this.server.on('exit', done))
    this.server.kill('SIGTERM')
    await ended
    this.server = undefined
  }

  /** A browser with a home of its own, and in it the roots that it trusts beside the public ones. */
  async browser(name, roots = [], args = []) {
    const home = this.at(name), store = `sql:${home}/.pki/nssdb`
    mkdirSync(join(home, '.pki/nssdb'), { recursive: true })
    this.run('certutil', '-d', store, '-N', '--empty-password')
    for (const file of roots) this.run('certutil', '-d', store, '-A', '-t', 'C,,', '-n', file, '-i', file)
    const browser = await chromium.launch({ ...browserOptions(...args), env: { ...process.env, HOME: home } })
    this.browsers.push(browser)
    return browser
  }

  async close() {
    for (const browser of this.browsers) await browser.close()
    await this.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
