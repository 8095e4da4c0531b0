// The page's side of the port.
import { YiqianError } from './error.js'
import type { FromWorker, Opening, Port, ToWorker } from './messages.js'
import type { AskPage } from './platform.js'
import type { Pin } from './types.js'

export interface Done {
  value: unknown
  content: Uint8Array | null
}

export interface Answer {
  value: unknown
  /** Transferred, and wiped there. */
  bytes?: Uint8Array
}

export interface ClientOptions {
  /** Answers a question of the call; null: no. */
  ask?: (question: unknown) => Promise<Answer | null>
  exchanged?: (answered: boolean) => void
  /** Ends the waiting here with 'cancelled', and the call by and by. */
  signal?: AbortSignal
  /** Ends its exchanges, and so the call, which is waited for. */
  hurry?: AbortSignal
}

interface Waiting {
  done(result: Done): void
  failed(error: unknown): void
  options: ClientOptions
}

export class Client {
  private readonly waiting = new Map<number, Waiting>()
  private last = 0
  private opened: { done(): void; failed(error: unknown): void } | null = null
  private ended = false
  private closing: Promise<void> | null = null
  private end!: () => void
  /** Answers for the platform. */
  page: AskPage = async () => ({ status: 'fingerprint_failed' })

  /** ended: nothing more goes through the port; its Worker can go. */
  constructor(private readonly port: Port<ToWorker, FromWorker>, private readonly onEnded: (asked: boolean) => void) {
    port.addEventListener('message', ({ data }) => this.take(data))
  }

  open(opening: Opening): Promise<void> {
    return new Promise((done, failed) => {
      this.opened = { done, failed }
      this.port.postMessage({ type: 'open', opening }, [])
    })
  }

  /** pins are transferred, so that the page has them no more; documents are copied. */
  call(name: string, given: object = {}, pins: Pin[] = [], documents: Uint8Array[] = [], options: ClientOptions = {}): Promise<Done> {
    if (this.ended || this.closing) {
      for (const pin of pins) pin.fill(0)
      return Promise.reject(new YiqianError('closed'))
    }
    return new Promise((done, failed) => {
      const id = ++this.last
      this.waiting.set(id, { done, failed, options })
      options.signal?.addEventListener('abort', () => this.abort(id), { once: true })
      options.hurry?.addEventListener('abort', () => this.hurry(id), { once: true })
      this.port.postMessage({ type: 'call', id, name, given, blobs: [...pins, ...documents] }, [...new Set(pins.map(pin => pin.buffer as ArrayBuffer))])
    })
  }

  close(): Promise<void> {
    if (this.ended) return Promise.resolve()
    this.closing ??= new Promise(done => {
      this.end = done
      this.port.postMessage({ type: 'close' }, [])
      this.refuseAll()
    })
    return this.closing
  }

  /** The Worker is gone. */
  fail() { this.take({ type: 'closed' }) }

  private hurry(id: number) {
    if (this.waiting.has(id)) this.port.postMessage({ type: 'abort', id }, [])
  }

  private abort(id: number) {
    this.hurry(id)
    this.settle(id)?.failed(new YiqianError('cancelled'))
  }

  private settle(id: number): Waiting | undefined {
    const waiting = this.waiting.get(id)
    this.waiting.delete(id)
    return waiting
  }

  private refuseAll() {
    for (const { failed } of this.waiting.values()) failed(new YiqianError('closed'))
    this.waiting.clear()
  }

  private take(message: FromWorker) {
    switch (message.type) {
      case 'opened': return this.opened?.done()
      case 'refused': return this.opened?.failed(errorOf(message.failure))
      case 'done': return this.settle(message.id)?.done({ value: message.value, content: message.content })
      case 'failed': return this.settle(message.id)?.failed(errorOf(message.failure))
      case 'exchanged': return this.waiting.get(message.id)?.options.exchanged?.(message.answered)
      case 'question': return void this.answer(message)
      case 'closed': {
        if (this.ended) return
        this.ended = true
        this.opened?.failed(new YiqianError('closed'))
        this.refuseAll()
        this.onEnded(this.closing !== null)
        this.end?.()
      }
    }
  }

  /** What throws has said no. */
  private async answer(message: FromWorker & { type: 'question' }) {
    let answer: Answer | null = null
    try {
      if (message.page) {
        const { status, bytes } = await this.page(message.value)
        answer = { value: status, bytes }
      } else {
        answer = await this.waiting.get(message.id)?.options.ask?.(message.value) ?? null
      }
    } finally {
      const bytes = answer?.bytes ?? null
      const said: ToWorker = { type: 'answer', question: message.question, value: answer?.value ?? null, bytes }
      if (!this.ended) this.port.postMessage(said, bytes ? [bytes.buffer as ArrayBuffer] : [])
      else bytes?.fill(0)
    }
  }
}

const errorOf = ({ status, problem, results }: { status: YiqianError['status']; problem: YiqianError['problem']; results: YiqianError['results'] }) =>
  new YiqianError(status, problem, results)
