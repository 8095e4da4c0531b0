// What the app and the SDK for browsers cost, beside the native SDK in the same run: a signature's milliseconds on the device, its bytes over the
// wire, the app's size, the time to its first screen. Needs build/app, sdk/js/dist, and bench_mobile_native (scripts/bench mobile).
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { World as Phones } from '../tests/e2e/mobile/world.mjs'
import { PIN, root, World } from '../tests/wasm/world.mjs'

const { chromium } = createRequire(join(root, 'web/mobile/package.json'))('playwright-core')
const json = process.argv.includes('--json')
const SIGNATURES = 30
const DOCUMENT = '患者病情平稳，继续目前治疗。'
/** A phone of the middle class on a ward's busy WLAN: Chromium's own emulation. */
const SLOW = { cpu: 4, network: { offline: false, latency: 40, downloadThroughput: 10e6 / 8, uploadThroughput: 5e6 / 8 } }

const median = values => [...values].sort((a, b) => a - b)[values.length >> 1]
const kb = bytes => `${(bytes / 1000).toFixed(1)} kB`

/** Passes bytes on to the server and counts them, both ways. */
async function counting(port) {
  const count = { up: 0, down: 0, connections: 0 }
  const relay = createServer(near => {
    const far = connect(port, '127.0.0.1')
    count.connections++
    near.on('data', data => { count.up += data.length })
    far.on('data', data => { count.down += data.length })
    near.pipe(far).pipe(near)
    for (const end of [near, far]) end.on('error', () => { near.destroy(); far.destroy() })
  })
  await new Promise(done => relay.listen(0, '127.0.0.1', done))
  return { count, port: relay.address().port, close: () => relay.close() }
}

async function makeTasks(world, staff) {
  for (let i = 0; i < SIGNATURES; i++) await world.do('task', { staff, document: `${DOCUMENT}${staff} ${i}` })
}

/** Milliseconds of each signature by the native SDK, and the bytes of all of them with their documents. */
async function native(world) {
  const staff = 'B1001', folder = mkdtempSync(join(tmpdir(), 'bench-mobile.'))
  await world.do('user', { staff })
  const code = await world.do('code', { staff })
  const relay = await counting(world.port)
  const child = spawn(join(root, 'build/release/bench/bench_mobile_native'), [`http://127.0.0.1:${relay.port}`, staff, code, PIN, join(folder, 'phone')], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise((done, failed) => child.on('exit', code => (code === 0 ? done() : failed(new Error(`bench_mobile_native ended with ${code}`)))))
  let said = ''
  const enrolled = new Promise(done => child.stdout.on('data', chunk => {
    said += chunk
    if (said.startsWith('enrolled\n')) done()
  }))
  await Promise.race([enrolled, ended])
  await makeTasks(world, staff)
  Object.assign(relay.count, { up: 0, down: 0 })
  child.stdin.end('sign\n')
  await ended
  relay.close()
  rmSync(folder, { recursive: true })
  return { ms: said.trim().split('\n').slice(1).map(Number), bytes: relay.count }
}

/** The same by the SDK for browsers, in Chromium. */
async function inBrowser(world, browser) {
  const staff = 'B1002'
  await world.do('user', { staff })
  const page = await (await browser.newContext()).newPage()
  await page.goto(world.origin)
  const code = await world.do('code', { staff })
  await page.evaluate(async ({ staff, code, digits }) => {
    const { openDevice } = await import('/sdk/index.js')
    globalThis.pin = () => new TextEncoder().encode(digits)
    globalThis.device = await openDevice({ platform: 'bench' })
    await device.setServer(location.origin)
    globalThis.key = (await device.enrol({ staffNo: staff, activationCode: code, deviceName: 'bench', pin: pin() })).key
  }, { staff, code, digits: PIN })
  await makeTasks(world, staff)
  const ms = await page.evaluate(async () => {
    const times = []
    const { tasks } = await device.pull(key)
    for (const task of tasks) {
      const { content } = await device.document(key, task)
      const from = performance.now()
      await device.sign(key, [{ task, document: content }], { pin: pin() })
      times.push(performance.now() - from)
    }
    return times
  })
  await page.context().close()
  return { ms }
}

/** Bytes of the built app by kind, as they are and compressed. */
function size() {
  const kinds = {}
  for (const name of readdirSync(join(root, 'build/app'), { recursive: true, withFileTypes: true })) {
    const kind = { '.js': 'js', '.css': 'css', '.wasm': 'wasm' }[extname(name.name)]
    if (!name.isFile() || !kind) continue
    const bytes = readFileSync(join(name.parentPath ?? name.path, name.name))
    kinds[kind] ??= { bytes: 0, gzip: 0 }
    kinds[kind].bytes += bytes.length
    kinds[kind].gzip += gzipSync(bytes, { level: 9 }).length
  }
  return kinds
}

/** Cold, from the address to the first screen's words; and what that took over the wire. */
async function firstScreen(phones, slow) {
  const context = await phones.phone({ authenticator: '' })
  const page = await context.newPage()
  const cdp = await context.newCDPSession(page)
  let bytes = 0
  await cdp.send('Network.enable')
  cdp.on('Network.loadingFinished', event => { bytes += event.encodedDataLength })
  if (slow) {
    await cdp.send('Network.emulateNetworkConditions', slow.network)
    await cdp.send('Emulation.setCPUThrottlingRate', { rate: slow.cpu })
  }
  const from = performance.now()
  await page.goto(`${phones.url}/app/`, { waitUntil: 'commit' })
  await page.waitForFunction(() => document.querySelector('#app')?.innerText.trim().length > 10)
  const ms = performance.now() - from
  await context.close()
  return { ms, bytes }
}

async function several(times, act) {
  const runs = []
  for (let i = 0; i < times; i++) runs.push(await act())
  return { ms: median(runs.map(run => run.ms)), bytes: median(runs.map(run => run.bytes)) }
}

const world = await World.open()
await world.serve()
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
const one = await native(world)
const other = await inBrowser(world, browser)
await browser.close()
await world.close()
const phones = await Phones.open()
const screen = { plain: await several(5, () => firstScreen(phones)), slow: await several(3, () => firstScreen(phones, SLOW)) }
await phones.close()

const figures = {
  signature_ms: { native: median(one.ms), wasm: median(other.ms), ratio: median(other.ms) / median(one.ms), signatures: SIGNATURES },
  wire_bytes: { up: Math.round(one.bytes.up / SIGNATURES), down: Math.round(one.bytes.down / SIGNATURES) },
  app: size(),
  first_screen: screen,
}
if (json) console.log(JSON.stringify(figures))
else {
  const { signature_ms: ms, wire_bytes: wire, app } = figures
  console.log(`a signature with the PIN, ${SIGNATURES} of them, median, the server on the same machine:`)
  console.log(`  native ${ms.native.toFixed(1)} ms   WASM in Chromium ${ms.wasm.toFixed(1)} ms   ${ms.ratio.toFixed(2)} times`)
  console.log(`  over the wire, with the document (${Buffer.byteLength(DOCUMENT)} bytes): ${wire.up} bytes up, ${wire.down} down`)
  console.log('the app:')
  for (const [kind, { bytes, gzip }] of Object.entries(app)) console.log(`  ${kind.padEnd(5)} ${kb(bytes)}, gzip ${kb(gzip)}`)
  console.log('the first screen, cold, median:')
  console.log(`  this machine ${screen.plain.ms.toFixed(0)} ms, ${kb(screen.plain.bytes)}`)
  console.log(`  a processor ${SLOW.cpu} times slower on 10 Mbit/s with 40 ms: ${screen.slow.ms.toFixed(0)} ms`)
}
