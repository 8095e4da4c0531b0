import { Client } from './client.js'
import { DeviceOverPort } from './device.js'
import type { FromWorker, Opening, Port, ToWorker } from './messages.js'
import { ShellFingerprint, WebAuthnFingerprint } from './page/fingerprint.js'
import type { Device, DeviceOptions, QrCode, Workstation } from './types.js'
import { WorkstationOverPort } from './workstation.js'

export { YiqianError } from './error.js'
export type * from './types.js'

/** A Worker of its own for what is opened, which ends with it. */
async function start(opening: Opening, onClosed?: () => void): Promise<Client> {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })
  const client = new Client(worker as Port<ToWorker, FromWorker>, asked => {
    worker.terminate()
    if (!asked) onClosed?.()
  })
  worker.addEventListener('error', () => client.fail())
  try {
    await client.open(opening)
  } catch (error) {
    worker.terminate()
    throw error
  }
  return client
}

const optionsOf = ({ platform, pinIterations = 0, documentMax = 0 }: DeviceOptions) => ({ platform: platform ?? null, pinIterations, documentMax })

export async function openDevice(options: DeviceOptions = {}): Promise<Device> {
  const { storage = 'yiqian-device', takeOver = false } = options
  let opened = false
  const fingerprint = options.fingerprint ? 'page' : 'webauthn'
  const client = await start({ what: 'device', storage, takeOver, fingerprint, options: optionsOf(options) }, () => { if (opened) options.onClosed?.() })
  opened = true
  return new DeviceOverPort(client, options.fingerprint ? new ShellFingerprint(options.fingerprint) : new WebAuthnFingerprint())
}

export async function openWorkstation(options: Omit<DeviceOptions, 'fingerprint' | 'pinIterations'> = {}): Promise<Workstation> {
  const { storage = 'yiqian-workstation', takeOver = false } = options
  let opened = false
  const client = await start({ what: 'workstation', storage, takeOver, fingerprint: 'page', options: optionsOf(options) }, () => { if (opened) options.onClosed?.() })
  opened = true
  return new WorkstationOverPort(client)
}

let codes: Promise<Client> | null = null

/** Throws code_invalid where it is no code of ours. */
export async function readQr(text: string): Promise<QrCode> {
  codes ??= start({ what: 'codes', storage: '', takeOver: false, fingerprint: 'page', options: optionsOf({}) }, () => { codes = null })
  codes.catch(() => { codes = null })
  const client = await codes
  return (await client.call('readQr', { text })).value as QrCode
}
