// The Worker's side: calls that come through the port go into the module.
import { Engine, type Reply } from './engine.js'
import { failureOf, YiqianError } from './error.js'
import type { FromWorker, Opening, Port, ToWorker } from './messages.js'
import type { PageAnswer, PageQuestion, Platform, Prepared } from './platform.js'

/** What the surroundings give: the module, and a platform for what is opened. lost: the storage was taken over by another. */
export interface Surroundings {
  module(): Promise<WebAssembly.Module>
  platform(opening: Opening, lost: () => void): Promise<OpenPlatform>
}

export interface OpenPlatform extends Platform {
  close(): void
}

/** What goes with the call that turns the fingerprint on, behind its PIN, and is not the module's. */
const preparedOf = (name: string, given: object, [, prf]: Uint8Array[]): Prepared | undefined =>
  name === 'enableFingerprint' && prf ? { ...given as Omit<Prepared, 'prf'>, prf } : undefined

const buffersOf = (blobs: (Uint8Array | null)[]): Transferable[] => blobs.flatMap(blob => blob ? [blob.buffer as ArrayBuffer] : [])

export class Service {
  private engine: Engine | null = null
  private platform: OpenPlatform | null = null
  private readonly aborts = new Map<number, AbortController>()
  private readonly questions = new Map<number, (reply: Reply | null) => void>()
  private last = 0

  constructor(private readonly port: Port<FromWorker, ToWorker>, private readonly surroundings: Surroundings) {
    port.addEventListener('message', ({ data }) => this.take(data))
  }

  private take(message: ToWorker) {
    switch (message.type) {
      case 'open': return void this.open(message.opening)
      case 'call': return void this.call(message)
      case 'abort': return this.aborts.get(message.id)?.abort()
      case 'answer': return this.answer(message)
      case 'close': return void this.close()
    }
  }

  private async open(opening: Opening) {
    try {
      const module = this.surroundings.module()
      const platform = await this.surroundings.platform(opening, () => this.close())
      this.platform = platform
      this.engine = await Engine.create(await module, platform, () => this.end())
      if (opening.what !== 'codes') await this.engine.call(opening.what === 'device' ? 'open' : 'openWorkstation', opening.options)
      this.port.postMessage({ type: 'opened' }, [])
    } catch (error) {
      this.port.postMessage({ type: 'refused', failure: failureOf(error) }, [])
      await this.close()
    }
  }

  private async call({ id, name, given, blobs }: ToWorker & { type: 'call' }) {
    const abort = new AbortController()
    this.aborts.set(id, abort)
    try {
      if (!this.engine) throw new YiqianError('closed')
      const prepared = preparedOf(name, given, blobs)
      const { value, content } = await this.engine.call(name, given, prepared ? blobs.slice(0, 1) : blobs, {
        prepared,
        signal: abort.signal,
        ask: question => this.ask({ id, value: question, page: false }),
        askPage: question => this.askPage(id, question),
        exchanged: name === 'wait' ? answered => this.port.postMessage({ type: 'exchanged', id, answered }, []) : undefined,
      })
      this.port.postMessage({ type: 'done', id, value, content }, buffersOf([content]))
    } catch (error) {
      this.port.postMessage({ type: 'failed', id, failure: failureOf(error) }, [])
    } finally {
      this.aborts.delete(id)
      for (const blob of blobs) new Uint8Array(blob.buffer).fill(0)
    }
  }

  private ask(asked: { id: number } & ({ value: unknown; page: false } | { value: PageQuestion; page: true })): Promise<Reply | null> {
    const question = ++this.last
    return new Promise(done => {
      this.questions.set(question, done)
      this.port.postMessage({ type: 'question', question, ...asked }, [])
    })
  }

  private async askPage(id: number, value: PageQuestion): Promise<PageAnswer> {
    const reply = await this.ask({ id, value, page: true })
    return { status: reply ? reply.value as PageAnswer['status'] : 'cancelled', bytes: reply?.bytes }
  }

  private answer({ question, value, bytes }: ToWorker & { type: 'answer' }) {
    const done = this.questions.get(question)
    this.questions.delete(question)
    if (done) done(value === null ? null : { value, bytes: bytes ?? undefined })
    else bytes?.fill(0)
  }

  private async close() {
    for (const done of this.questions.values()) done(null)
    this.questions.clear()
    if (this.engine) await this.engine.close()
    else this.end()
  }

  private end() {
    this.platform?.close()
    this.platform = null
    this.port.postMessage({ type: 'closed' }, [])
  }
}
