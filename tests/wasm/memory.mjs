// A device or workstation of the SDK in node: the Worker's side and the page's over a channel, and a platform in memory.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { webcrypto } from 'node:crypto'
import { dist } from './world.mjs'

globalThis.crypto ??= webcrypto
const load = name => import(join(dist, name))
const { exchange } = await load('browser/transport.js')
export const { PageFingerprints, PrfFingerprints } = await load('browser/fingerprint.js')
const { Client } = await load('client.js')
const { DeviceOverPort } = await load('device.js')
const { WorkstationOverPort } = await load('workstation.js')
const { ShellFingerprint } = await load('page/fingerprint.js')
const { Service } = await load('service.js')
export const { Engine } = await load('engine.js')
export const { YiqianError } = await load('error.js')
const { subtle } = globalThis.crypto

export const compiled = WebAssembly.compile(readFileSync(join(dist, 'yiqian-device.wasm')))

/** What stays when a device is gone, as a disk's content would. */
export class Disk {
  records = new Map()
  credentials = new Map()
  fingers = new Map()
}

/** saves: told before and after each save; what it throws fails the save. */
export class MemoryPlatform {
  constructor(disk, saves = async () => {}) {
    this.disk = disk
    this.saves = saves
  }

  async load(name) { return this.disk.records.get(name)?.slice() ?? null }

  async save(name, record) {
    await this.saves('before', name)
    this.disk.records.set(name, record.slice())
    await this.saves('after', name)
  }

  async erase(name) { this.disk.records.delete(name) }
  exchange(request) { return exchange(request) }
  random(out) { for (let at = 0; at < out.length; at += 65536) crypto.getRandomValues(out.subarray(at, at + 65536)) }

  async createCredential(name) {
    const { credentials } = this.disk
    if (!credentials.has(name)) credentials.set(name, await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']))
    return new Uint8Array(await subtle.exportKey('raw', credentials.get(name).publicKey))
  }

  async sign(name, message) {
    const pair = this.disk.credentials.get(name)
    return pair ? new Uint8Array(await subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, message)) : null
  }

  async eraseCredential(name) { this.disk.credentials.delete(name) }
  fingerprint = new PageFingerprints()
  close() {}
}

async function open(what, { disk = new Disk(), saves, transport, pinIterations = 10000 }, shell) {
  const { port1, port2 } = new MessageChannel()
  const platform = new MemoryPlatform(disk, saves)
  if (transport) platform.exchange = request => transport(request, exchange)
  const service = new Service(port1, { module: () => compiled, platform: async () => platform })
  const client = new Client(port2, () => {
    port1.close()
    port2.close()
  })
  port1.start()
  port2.start()
  await client.open({ what, storage: '', takeOver: false, fingerprint: 'page', options: { platform: 'node', pinIterations, documentMax: 0 } })
  const opened = what === 'device' ? new DeviceOverPort(client, new ShellFingerprint(shell)) : new WorkstationOverPort(client)
  return Object.assign(opened, { disk, service })
}

/** A shell's fingerprint: keeps the secrets in the open, and says no when it is told to. */
export class Finger {
  asked = []
  says = 'ok'
  constructor(disk) { this.kept = disk.fingers }
  async available() { return { available: true, reason: '' } }
  async wrap(name, secret) { this.kept.set(name, secret.slice()) }
  async erase(name) { this.kept.delete(name) }

  async unwrap(name, prompt) {
    this.asked.push(prompt)
    if (this.says !== 'ok') throw new YiqianError(this.says)
    return this.kept.get(name).slice()
  }
}

export function openDevice(options = {}) {
  const disk = options.disk ?? new Disk()
  const finger = new Finger(disk)
  return open('device', { ...options, disk }, finger).then(device => Object.assign(device, { finger }))
}

export const openWorkstation = (options = {}) => open('workstation', options)

/** As index.ts has it, without its Worker. */
export async function readQr(text) {
  const engine = await Engine.create(await compiled, new MemoryPlatform(new Disk()))
  return (await engine.call('readQr', { text })).value
}

/** What the call throws: its status, with the server's code where it refused. */
export async function refused(act) {
  try {
    await act()
  } catch (error) {
    if (!(error instanceof YiqianError)) throw error
    return error.problem?.code && error.status === 'refused' ? `refused: ${error.problem.code}` : error.status
  }
  return 'ok'
}
