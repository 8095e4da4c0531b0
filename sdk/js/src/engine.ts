// One instance of the module over a platform.
import { YiqianError } from './error.js'
import { Fibers, STACK, type Exports, type Fiber } from './fibers.js'
import { importsOf } from './imports.js'
import type { AskPage, Platform, Prepared } from './platform.js'
import type { Problem, SignResult, Status } from './types.js'

/** What a person answers to a question of a call: null where he says no. The bytes, his PIN, are wiped by the engine. */
export interface Reply {
  value: unknown
  bytes?: Uint8Array
}

export interface CallOptions {
  ask?: (question: unknown) => Promise<Reply | null>
  askPage?: AskPage
  /** Of a call that turns the fingerprint on. */
  prepared?: Prepared
  /** Aborts the exchange under way, and later ones. */
  signal?: AbortSignal
  /** Told of every exchange whether an answer came. */
  exchanged?: (answered: boolean) => void
}

/** What a running call has outside the module. */
export interface Running extends CallOptions {
  /** The rest of an answer's body. */
  answer: Uint8Array[]
}

export interface Result {
  value: unknown
  content: Uint8Array | null
}

const FRAME_WORDS = 12
const CLOSING_MS = 3000
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

export class Engine {
  private readonly fibers: Fibers<Running>
  private exports!: Exports
  private closing = false
  private readonly stopping = new AbortController()
  /** Calls that are let come to their end: all but those that only wait. */
  private readonly underWay = new Set<Promise<unknown>>()
  /** Waiting calls by what they wait for. */
  private readonly waits = new Map<number, Set<() => void>>()

  private constructor(readonly platform: Platform, private readonly died: () => void, stack: number) {
    this.fibers = new Fibers<Running>(() => this.die(), stack)
  }

  /** died: the module failed in a way it cannot go on from; every call ends with 'closed'. */
  static async create(module: WebAssembly.Module, platform: Platform, died: () => void = () => {}, stack = STACK): Promise<Engine> {
    const engine = new Engine(platform, died, stack)
    const instance = await WebAssembly.instantiate(module, { yiqian: importsOf(engine, engine.fibers) })
    engine.exports = instance.exports as unknown as Exports
    engine.fibers.use(engine.exports)
    engine.exports.start()
    return engine
  }

  // Memory

  get memory(): WebAssembly.Memory { return this.exports.memory }

  /** What comes back when everything has ended finds nothing to write to: the memory stays as it was wiped. */
  private get buffer(): ArrayBuffer {
    if (this.closed) throw new YiqianError('closed')
    return this.exports.memory.buffer
  }

  bytes(p: number, n: number): Uint8Array { return new Uint8Array(this.buffer, p, n) }

  words(p: number, n: number): Uint32Array { return new Uint32Array(this.buffer, p, n) }

  text(p: number, n?: number): string {
    const all = new Uint8Array(this.buffer, p)
    return decoder.decode(all.subarray(0, n ?? all.indexOf(0)))
  }

  /** A copy in the module's memory, to be given back with release. */
  put(content: Uint8Array): number {
    const p = this.closed ? 0 : this.exports.alloc(content.length)
    if (!p) throw new YiqianError('out_of_memory')
    this.bytes(p, content.length).set(content)
    return p
  }

  // Waiting

  wait(address: number, ms: number): Promise<number> {
    return new Promise(done => {
      const waiting = this.waits.get(address) ?? new Set()
      const end = (outcome: number) => {
        clearTimeout(timer)
        waiting.delete(wake)
        if (!waiting.size) this.waits.delete(address)
        done(outcome)
      }
      const wake = () => end(0)
      const timer = ms >= 0 ? setTimeout(() => end(1), ms) : undefined
      this.waits.set(address, waiting.add(wake))
    })
  }

  wake(address: number) { for (const wake of [...this.waits.get(address) ?? []]) wake() }

  /** Ends exchanges under way, and every later one. */
  stop() { this.stopping.abort() }

  get stopped(): AbortSignal { return this.stopping.signal }

  // Calls

  /** blobs: PINs and documents, copied; wiping the given ones is the caller's part. */
  async call(name: string, given: object = {}, blobs: Uint8Array[] = [], options: CallOptions = {}): Promise<Result> {
    if (this.closing) throw new YiqianError('closed')
    const running = this.run(name, given, blobs, options)
    if (name === 'wait') return running
    this.underWay.add(running)
    try {
      return await running
    } finally {
      this.underWay.delete(running)
    }
  }

  private async run(name: string, given: object, blobs: Uint8Array[], options: CallOptions): Promise<Result> {
    const held: [number, number][] = []
    const hold = (content: Uint8Array) => {
      const p = this.put(content)
      held.push([p, content.length])
      return p
    }
    try {
      const json = encoder.encode(JSON.stringify(given))
      const places = Uint32Array.from(blobs.flatMap(blob => [hold(blob), blob.length]))
      const words = [hold(encoder.encode(`${name}\0`)), hold(json), json.length, hold(new Uint8Array(places.buffer)), blobs.length]
      json.fill(0)
      const frame = hold(new Uint8Array(4 * FRAME_WORDS))
      this.words(frame, FRAME_WORDS).set(words)
      await this.fibers.run(frame, { ...options, answer: [] })
      return this.resultOf(frame)
    } finally {
      if (!this.closed) for (const [p, n] of held) this.exports.release(p, n)
    }
  }

  private resultOf(frame: number): Result {
    const [status = 0, value = 0, valueN = 0, problem = 0, problemN = 0, content = 0, contentN = 0] = this.words(frame, FRAME_WORDS).subarray(5)
    const said = this.text(status) as 'ok' | Status
    const result = { value: this.json(value, valueN), content: content ? this.bytes(content, contentN).slice() : null }
    const refusal = this.json(problem, problemN) as Problem | null
    for (const [p, n] of [[value, valueN], [problem, problemN], [content, contentN]] as const) this.exports.release(p, n)
    if (said === 'ok') return result
    throw new YiqianError(said, refusal, (result.value as { results?: SignResult[] } | null)?.results ?? null)
  }

  private json(p: number, n: number): unknown { return p ? JSON.parse(this.text(p, n)) : null }

  // The end

  private closed = false

  /** Ends every call under way and wipes the memory, which is more than yq_device_close would. Nothing can be called afterwards. */
  async close(): Promise<void> {
    if (this.closing) return
    this.closing = true
    this.stop()
    const limit = new Promise(done => setTimeout(done, CLOSING_MS))
    await Promise.race([Promise.allSettled(this.underWay), limit])
    this.die()
  }

  private die() {
    if (this.closed) return
    this.closed = this.closing = true
    this.stop()
    this.fibers.kill()
    new Uint8Array(this.exports.memory.buffer).fill(0)
    this.died()
  }
}

export type EngineFiber = Fiber<Running>
