// The module's imports (sdk/wasm/src/imports.h) over a platform.
import { YiqianError } from './error.js'
import type { Engine, EngineFiber, Running } from './engine.js'
import type { Fibers } from './fibers.js'

const OK = 0
const FAILED = 1
const NOT_FOUND = 2
const CANCELLED = 3

/** Asynchronous work of the platform's: what throws has failed. */
const outcome = async (work: () => Promise<number>): Promise<number> => {
  try {
    return await work()
  } catch (error) {
    const status = error instanceof YiqianError ? error.status : ''
    return status === 'cancelled' ? CANCELLED : status === 'fingerprint_off' ? NOT_FOUND : FAILED
  }
}

const whole = (answer: Uint8Array, n: number): Uint8Array => {
  if (answer.length !== n) throw new Error('of another length')
  return answer
}

/** Aborted when one of them is, until it is left: they outlive it. (AbortSignal.any is not in every browser that has the rest.) */
function either(one: AbortSignal, other: AbortSignal | undefined): { signal: AbortSignal; leave(): void } {
  const both = new AbortController()
  const left = new AbortController()
  for (const signal of other ? [one, other] : [one]) {
    if (signal.aborted) both.abort()
    signal.addEventListener('abort', () => both.abort(), { once: true, signal: left.signal })
  }
  return { signal: both.signal, leave: () => left.abort() }
}

/** A secret into the module's memory, and wiped here. */
function give(engine: Engine, secret: Uint8Array, out: number, capacity: number, n: number): number {
  try {
    if (secret.length > capacity) return FAILED
    engine.bytes(out, secret.length).set(secret)
    engine.words(n, 1)[0] = secret.length
    return OK
  } finally {
    secret.fill(0)
  }
}

async function exchange(engine: Engine, fiber: EngineFiber, request: number, statusAt: number): Promise<number> {
  const context = fiber.context
  context.answer = []
  const [method = 0, url = 0, headers = 0, headersN = 0, body = 0, bodyN = 0, answerMax = 0] = engine.words(request, 7)
  const names = [...engine.words(headers, 2 * headersN)].map(p => engine.text(p))
  const own = body ? engine.bytes(body, bodyN).slice() : null
  const { signal, leave } = either(engine.stopped, context.signal)
  try {
    signal.throwIfAborted()
    const answer = await engine.platform.exchange({
      method: engine.text(method), url: engine.text(url), body: own, answerMax, signal,
      headers: Array.from({ length: headersN }, (_, i) => [names[2 * i]!, names[2 * i + 1]!]),
    })
    context.answer = answer.body
    engine.words(statusAt, 1)[0] = answer.status
    context.exchanged?.(true)
    return OK
  } catch {
    if (!signal.aborted) context.exchanged?.(false)
    return FAILED
  } finally {
    leave()
    own?.fill(0)
  }
}

/** The next piece of the answer. */
function take(engine: Engine, context: Running, out: number, capacity: number): number {
  const [first] = context.answer
  if (!first) return 0
  const piece = first.subarray(0, capacity)
  engine.bytes(out, piece.length).set(piece)
  const n = piece.length
  piece.fill(0)
  if (n === first.length) context.answer.shift()
  else context.answer[0] = first.subarray(n)
  return n || take(engine, context, out, capacity)
}

/** Questions of the platform's to the page of this call; when everything ends they are cancelled. */
const pageOf = (fiber: EngineFiber) => fiber.context.askPage ?? (async () => ({ status: 'fingerprint_failed' as const }))

/** Where there is no answer, or one that is none, the person has said no. */
async function ask(engine: Engine, fiber: EngineFiber, question: number, n: number, replyAt: number): Promise<number> {
  if (engine.stopped.aborted) return OK
  const answered = new AbortController()
  const closed = new Promise<null>(done => engine.stopped.addEventListener('abort', () => done(null), { once: true, signal: answered.signal }))
  const asked = fiber.context.ask?.(JSON.parse(engine.text(question, n))).catch(() => null)
  const reply = await Promise.race([asked, closed])
  answered.abort()
  if (!reply) return OK
  const pin = reply.bytes ?? new Uint8Array(0)
  try {
    const json = new TextEncoder().encode(JSON.stringify(reply.value))
    const words = [engine.put(json), json.length, engine.put(pin), pin.length]
    engine.words(replyAt, 4).set(words)
  } catch {
    return OK
  } finally {
    pin.fill(0)
  }
  return OK
}

export function importsOf(engine: Engine, fibers: Fibers<Running>): WebAssembly.ModuleImports {
  const { platform } = engine
  const stored = (work: (...given: number[]) => Promise<number>) =>
    fibers.waiting((_fiber, ...given: number[]) => outcome(() => work(...given)))
  return {
    storage_load: stored(async (name, out, capacity, n) => {
      const record = await platform.load(engine.text(name!))
      return record ? give(engine, record, out!, capacity!, n!) : NOT_FOUND
    }),
    storage_save: stored(async (name, p, n) => {
      const record = engine.bytes(p!, n!).slice()
      await platform.save(engine.text(name!), record).finally(() => record.fill(0))
      return OK
    }),
    storage_erase: stored(async name => {
      await platform.erase(engine.text(name!))
      return OK
    }),
    exchange: fibers.waiting((fiber, request: number, status: number) => exchange(engine, fiber, request, status)),
    take: (out: number, capacity: number) => take(engine, fibers.current.context, out, capacity),
    stop: () => engine.stop(),
    random: (out: number, n: number) => {
      try {
        platform.random(engine.bytes(out, n))
        return OK
      } catch {
        return FAILED
      }
    },
    credential_create: stored(async (name, out) => {
      // First the key: memory may have grown, and moved, when it is there.
      const key = whole(await platform.createCredential(engine.text(name!)), 65)
      engine.bytes(out!, 65).set(key)
      return OK
    }),
    credential_sign: stored(async (name, message, n, out) => {
      const rs = await platform.sign(engine.text(name!), engine.bytes(message!, n!).slice())
      if (!rs) return NOT_FOUND
      engine.bytes(out!, 64).set(whole(rs, 64))
      return OK
    }),
    credential_erase: stored(async name => {
      await platform.eraseCredential(engine.text(name!))
      return OK
    }),
    fingerprint_wrap: fibers.waiting((fiber, name: number, secret: number, n: number) => outcome(async () => {
      const copy = engine.bytes(secret, n).slice()
      await platform.fingerprint.wrap(engine.text(name), copy, pageOf(fiber), fiber.context.prepared).finally(() => copy.fill(0))
      return OK
    })),
    fingerprint_unwrap: fibers.waiting((fiber, name: number, prompt: number, out: number, capacity: number, n: number) => outcome(async () => {
      const secret = await platform.fingerprint.unwrap(engine.text(name), engine.text(prompt), pageOf(fiber))
      return give(engine, secret, out, capacity, n)
    })),
    fingerprint_erase: fibers.waiting((fiber, name: number) => outcome(async () => {
      await platform.fingerprint.erase(engine.text(name), pageOf(fiber))
      return OK
    })),
    ask: fibers.waiting((fiber, question: number, n: number, reply: number) => ask(engine, fiber, question, n, reply)),
    current: () => fibers.current.id,
    wait: fibers.waiting((_fiber, address: number, ms: number) => engine.wait(address, ms)),
    wake: (address: number) => engine.wake(address),
    now: () => Date.now(),
    monotonic: () => performance.now(),
  }
}
