// Device of types.ts over the port: every call is one of sdk/wasm/src/calls_*.c under the same name.
import { Client, type Answer } from './client.js'
import { YiqianError } from './error.js'
import type { PageFingerprint } from './page/fingerprint.js'
import type {
  Authorisation, Device, Enrolment, Fingerprint, HistoryEntry, Key, Offer, OtherKey, Person, Pin, Proof, Renewal, Scanned, Signed,
  SignItem, Task, TaskList, WorkstationOffer, Consent,
} from './types.js'

/** Seconds of one call that waits for tasks. */
const WAIT = 20
/** Until the next try after a failure that passes: 1 s, 2 s ... 30 s, each shortened by up to a half at random, or as long as the server asks. */
const PAUSE_MAX_MS = 30_000
const pauseMs = (failures: number, { problem }: YiqianError) =>
  Math.max(Math.min(1000 * 2 ** (failures - 1), PAUSE_MAX_MS) * (1 - Math.random() / 2), 1000 * (problem?.retryAfter ?? 0))

/** What a call needs of a task; the fields are for the eye. */
export const taskOf = (task: Task): Omit<Task, 'fields'> => ({
  task: task.task, batch: task.batch, form: task.form, kind: task.kind, priority: task.priority, digest: task.digest,
  hasDocument: task.hasDocument, documentSize: task.documentSize, title: task.title, description: task.description, recordType: task.recordType,
  reference: task.reference, mediaType: task.mediaType, system: task.system, createdAt: task.createdAt, expiresAt: task.expiresAt,
})

/** The items as they are given to the module, and the documents that go beside. */
export function itemsOf(items: SignItem[]) {
  const documents: Uint8Array[] = []
  const given = items.map(({ task, document, allowUnseen = false }) =>
    ({ task: taskOf(task), allowUnseen, document: document ? documents.push(document) - 1 : null }))
  return { given, documents }
}

const pinsOf = (proof: Proof): Pin[] => 'pin' in proof ? [proof.pin] : []

/** The confirm of an enrolment or renewal: anything but true is no. */
const asking = (confirm: ((person: Person) => Promise<boolean>) | undefined) => confirm && {
  ask: async (person: unknown): Promise<Answer | null> => await confirm(person as Person) === true ? { value: true } : null,
}

/** Shorter where the browser has a network again. */
const sleep = (ms: number, signal: AbortSignal) => new Promise<void>(done => {
  const end = () => {
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
    globalThis.removeEventListener?.('online', end)
    done()
  }
  const timer = setTimeout(end, ms)
  signal.addEventListener('abort', end, { once: true })
  globalThis.addEventListener?.('online', end, { once: true })
})

export class DeviceOverPort implements Device {
  constructor(private readonly client: Client, private readonly page: PageFingerprint) {
    client.page = question => page.answer(question)
  }

  private async value<Value>(name: string, given: object = {}, pins: Pin[] = []): Promise<Value> {
    return (await this.client.call(name, given, pins)).value as Value
  }

  async setServer(url: string) { await this.value('setServer', { url }) }
  server() { return this.value<string>('server') }
  async setKeyServer(key: string, url: string) { await this.value('setKeyServer', { key, url }) }

  keys() { return this.value<Key[]>('keys') }
  sync(key: string) { return this.value<Key>('sync', { key }) }
  async syncAll() { await this.value('syncAll') }
  async certificate(key: string, place: 0 | 1 | 2) { return (await this.client.call('certificate', { key, place })).content! }
  async remove(key: string, localOnly = false) { await this.value('remove', { key, localOnly }) }

  async checkPin(pin: Pin) { await this.value('checkPin', {}, [pin.slice()]) }

  async enrol({ server = undefined, staffNo, activationCode, deviceName, pin, confirm }: Enrolment): Promise<Key> {
    const given = { server: server ?? null, staffNo, activationCode, deviceName, confirm: !!confirm }
    return (await this.client.call('enrol', given, [pin], [], asking(confirm))).value as Key
  }

  resumeEnrolment(key: string, pin: Pin) { return this.value<Key>('resumeEnrolment', { key }, [pin]) }
  async changePin(key: string, pin: Pin, newPin: Pin) { await this.value('changePin', { key }, [pin, newPin]) }
  async refresh(key: string, pin: Pin) { await this.value('refresh', { key }, [pin]) }
  renew(key: string, renewal: Renewal) { return this.renewed('renew', key, renewal) }
  rekey(key: string, renewal: Renewal) { return this.renewed('rekey', key, renewal) }

  private async renewed(name: string, key: string, { pin, confirm }: Renewal): Promise<Key> {
    return (await this.client.call(name, { key, confirm: !!confirm }, [pin], [], asking(confirm))).value as Key
  }

  async fingerprint(): Promise<Fingerprint> {
    const there = await this.page.available()
    if (!there.available) return there
    const own = (await this.keys()).filter(({ stage }) => stage === 'unfinished' || stage === 'enrolled')
    if (new Set(own.map(({ staffNo }) => staffNo)).size > 1) return { available: false, reason: 'shared' }
    if (own.length && own.every(({ fingerprintAllowed }) => !fingerprintAllowed)) return { available: false, reason: 'forbidden' }
    return there
  }

  /** The browser asks for the finger while the click still counts, and not after the server was asked. */
  async enableFingerprint(key: string, pin: Pin): Promise<void> {
    try {
      const own = (await this.keys()).find(one => one.key === key || one.keyId === key)
      if (!own) throw new YiqianError('not_found')
      const made = await this.page.prepare(`${own.name} (${own.staffNo})`)
      if (made) await this.client.call('enableFingerprint', { key, credential: [...made.credential], salt: [...made.salt] }, [pin, made.prf])
      else await this.client.call('enableFingerprint', { key }, [pin])
    } finally {
      if (pin.byteLength) pin.fill(0)
    }
  }

  async disableFingerprint(key: string) { await this.value('disableFingerprint', { key }) }

  pull(key: string, after = '', limit = 100) { return this.value<TaskList>('pull', { key, after, limit }) }

  async document(key: string, task: Task) {
    const { value, content } = await this.client.call('document', { key, task: taskOf(task) })
    return { content: content ?? new Uint8Array(0), digest: value as string }
  }

  async decline(key: string, task: string, reason: string) { await this.value('decline', { key, task, reason }) }

  /** One call waits WAIT seconds. When an exchange fails the call is left alone, and short ones ask whether the server is there again. */
  async watch(key: string, changed: () => void, { signal, offline = () => {} }: Parameters<Device['watch']>[2]): Promise<void> {
    let set = ''
    let failures = 0
    const tell = (error: YiqianError | null) => {
      if (error ? failures === 0 : failures > 0) offline(error)
      failures = error ? failures + 1 : 0
    }
    while (!signal.aborted) {
      try {
        const found = await this.wait(key, set, set && !failures ? WAIT : 0, signal)
        tell(null)
        set = found.set
        if (found.changed && !signal.aborted) changed()
      } catch (error) {
        if (signal.aborted) return
        if (!(error instanceof YiqianError) || !passes(error)) throw error
        tell(error)
        await sleep(pauseMs(failures, error), signal)
      }
    }
  }

  /** transport_failed as soon as an exchange has failed. */
  private async wait(key: string, set: string, seconds: number, signal: AbortSignal): Promise<{ set: string; changed: boolean }> {
    const leave = new AbortController()
    const stop = () => leave.abort()
    let lost = false
    const exchanged = (answered: boolean) => {
      if (answered) return
      lost = true
      leave.abort()
    }
    signal.addEventListener('abort', stop, { once: true })
    try {
      return (await this.client.call('wait', { key, set, seconds }, [], [], { signal: leave.signal, exchanged })).value as { set: string; changed: boolean }
    } catch (error) {
      throw lost ? new YiqianError('transport_failed') : error
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  async sign(key: string, items: SignItem[], proof: Proof): Promise<Signed> {
    const { given, documents } = itemsOf(items)
    return (await this.client.call('sign', { key, items: given, fingerprint: 'fingerprint' in proof }, pinsOf(proof), documents)).value as Signed
  }

  scan(key: string, code: string) { return this.value<Scanned>('scan', { key, code }) }
  scanShortCode(key: string, digits: string) { return this.value<Scanned>('scanShortCode', { key, digits }) }
  scanNumber(key: string, scanned: Scanned, number: string) { return this.value<Scanned>('scanNumber', { key, scanned: scannedOf(scanned), number }) }

  async declineScan(key: string, scanned: Scanned, reason = '') { await this.value('declineScan', { key, scanned: scannedOf(scanned), reason }) }

  signLogin(key: string, scanned: Scanned, proof: Proof) {
    return this.value<Signed>('signLogin', { key, scanned: scannedOf(scanned), fingerprint: 'fingerprint' in proof }, pinsOf(proof))
  }

  scanEnrolment(code: string, server?: string) { return this.value<Offer>('scanEnrolment', { code, server: server ?? null }) }

  otherKeys(key: string) { return this.value<OtherKey[]>('otherKeys', { key }) }
  async reportLost(key: string, lostKeyId: string) { await this.value('reportLost', { key, lostKeyId }) }

  async authorise(key: string, code: string, confirm: (offer: WorkstationOffer) => Promise<Consent | null>): Promise<string> {
    const ask = async (offer: unknown): Promise<Answer | null> => {
      const consent = await confirm(offer as WorkstationOffer)
      if (!consent) return null
      const { systems, recordTypes, until, count, proof } = consent
      const value = { systems, recordTypes, until, count, fingerprint: 'fingerprint' in proof }
      return 'pin' in proof ? { value, bytes: proof.pin } : { value }
    }
    return (await this.client.call('authorise', { key, code }, [], [], { ask })).value as string
  }

  authorisations(key: string) { return this.value<Authorisation[]>('authorisations', { key }) }
  async closeAuthorisation(key: string, authorisation: string) { await this.value('closeAuthorisation', { key, authorisation }) }

  history(key: string, before = '', limit = 50) { return this.value<{ entries: HistoryEntry[]; next: string }>('history', { key, before, limit }) }

  close() { return this.client.close() }
}

/** Of a login its one task goes along; of what is to be signed none is needed. */
const scannedOf = (scanned: Scanned) => ({ ...scanned, tasks: scanned.tasks.slice(0, scanned.kind === 'login' ? 1 : 0).map(taskOf) })

/** As yq_wait_tasks says: the server, or the way to it, may be there again in a moment. */
const passes = ({ status, problem }: YiqianError) => status === 'transport_failed' || status === 'bad_answer' ||
  (status === 'refused' && !!problem && (problem.httpStatus === 408 || problem.httpStatus === 429 || problem.httpStatus >= 500))
