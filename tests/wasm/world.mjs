// A world of its own for a test: the real server with its people and a business system (peer.py), and in front of it, on one origin, the
// SDK's files for a browser.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { dirname, extname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
export const dist = join(root, 'sdk/js/dist')
export const PIN = '274915'
export const pin = (text = PIN) => new TextEncoder().encode(text)

const TYPES = { '.js': 'text/javascript', '.wasm': 'application/wasm' }
const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'"

export class World {
  static async open() {
    const world = new World()
    world.peer = spawn('/usr/bin/python3', ['-B', '-W', 'ignore', join(root, 'tests/wasm/peer.py')], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, YIQIAND: process.env.YIQIAND ?? join(root, 'build/release/src/cmd/yiqiand') },
    })
    world.answers = createInterface({ input: world.peer.stdout })[Symbol.asyncIterator]()
    world.port = JSON.parse((await world.answers.next()).value).port
    world.server = `http://127.0.0.1:${world.port}`
    return world
  }

  async do(act, what = {}) {
    this.peer.stdin.write(`${JSON.stringify({ do: act, ...what })}\n`)
    const said = JSON.parse((await this.answers.next()).value)
    if (!('answer' in said)) throw new Error(said.failed)
    return said.answer
  }

  /** One origin for a browser: a page without anything under /, the SDK under /sdk/, the server for the rest. */
  async serve() {
    this.front = createServer((asked, answer) => {
      const head = { 'Content-Security-Policy': POLICY, 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' }
      if (asked.url === '/') return answer.writeHead(200, { ...head, 'Content-Type': 'text/html' }).end('<!doctype html><title>SDK</title>')
      if (asked.url.startsWith('/sdk/')) {
        const file = join(dist, asked.url.slice(5).replaceAll('..', ''))
        return answer.writeHead(200, { ...head, 'Content-Type': TYPES[extname(file)] ?? 'text/plain' }).end(readFileSync(file))
      }
      const { host: _host, ...headers } = asked.headers
      const inside = request({ port: this.port, host: '127.0.0.1', path: asked.url, method: asked.method, headers }, found => {
        answer.writeHead(found.statusCode, found.headers)
        found.pipe(answer)
      })
      inside.on('error', () => answer.destroy())
      answer.on('close', () => inside.destroy())
      asked.pipe(inside)
    })
    await new Promise(done => this.front.listen(0, '127.0.0.1', done))
    // A name and not an address, as a fingerprint needs.
    this.origin = `http://localhost:${this.front.address().port}`
    return this.origin
  }

  async close() {
    this.front?.closeAllConnections()
    this.front?.close()
    this.peer.stdin.end()
    await new Promise(done => this.peer.on('exit', done))
  }
}
