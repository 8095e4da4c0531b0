// Calls into the module that run beside each other. Each has its own C stack and, for the time that it waits, an Asyncify buffer into
// which the module unwinds; both are wiped when it ends. Only one of them is in the module at a time.
import { YiqianError } from './error.js'

export interface Exports {
  memory: WebAssembly.Memory
  __stack_pointer: WebAssembly.Global
  __set_stack_limits(high: number, low: number): void
  asyncify_start_unwind(buffer: number): void
  asyncify_stop_unwind(): void
  asyncify_start_rewind(buffer: number): void
  asyncify_stop_rewind(): void
  asyncify_get_state(): number
  start(): void
  alloc(n: number): number
  release(p: number, n: number): void
  run(frame: number): void
}

/** As sdk/wasm/CMakeLists.txt has it. */
const MAIN_STACK = 64 * 1024
const BUFFER = 32 * 1024
const UNWINDING = 1
const REWINDING = 2

/** Bytes of C stack of one call. The deepest that the tests take is between 64 and 96 KiB. */
export const STACK = 384 * 1024

export class Fiber<Context> {
  /** Where the block of its stack and buffer begins. */
  block = 0
  stackPointer = 0
  pending: Promise<number> | null = null
  value = 0

  constructor(readonly id: number, readonly context: Context, private readonly stack: number) {}

  /** The stack grows down from here; the module refuses what goes below the block (--stack-check). */
  get stackTop() { return this.block + this.stack }
  get buffer() { return this.block + this.stack }
}

export class Fibers<Context> {
  private running: Fiber<Context> | null = null
  private last = 0
  private dead = false
  /** Where the stack of what runs outside calls begins: taking and giving back memory. */
  private mainStack = 0
  private exports!: Exports

  /** trapped: the module is unusable, and so is what is in its memory. */
  constructor(private readonly trapped: () => void, private readonly stack: number) {}

  use(exports: Exports) {
    this.exports = exports
    this.mainStack = exports.__stack_pointer.value as number
    this.setStack(this.mainStack, this.mainStack, this.mainStack - MAIN_STACK)
  }

  private setStack(pointer: number, high: number, low: number) {
    this.exports.__set_stack_limits(high, low)
    this.exports.__stack_pointer.value = pointer
  }

  get current(): Fiber<Context> {
    if (!this.running) throw new YiqianError('closed')
    return this.running
  }

  /** Ends every call: none of them comes back into the module. */
  kill() { this.dead = true }

  /** An import that takes its time: the call that asks for it leaves the module until the number is there. */
  waiting<Arguments extends number[]>(work: (fiber: Fiber<Context>, ...given: Arguments) => Promise<number>) {
    return (...given: Arguments): number => {
      const fiber = this.current
      if (this.exports.asyncify_get_state() === REWINDING) {
        this.exports.asyncify_stop_rewind()
        return fiber.value
      }
      fiber.pending = work(fiber, ...given)
      this.exports.asyncify_start_unwind(fiber.buffer)
      return 0
    }
  }

  /** A call cannot go on, and what it holds, a lock for one, would be held for ever. */
  private fail(error: unknown): never {
    this.dead = true
    this.trapped()
    throw error
  }

  /** Runs the call that is described in the frame, to its end. */
  async run(frame: number, context: Context): Promise<void> {
    const size = this.stack + BUFFER
    const fiber = new Fiber(++this.last, context, this.stack)
    fiber.block = this.exports.alloc(size)
    if (!fiber.block) throw new YiqianError('out_of_memory')
    fiber.stackPointer = fiber.stackTop & ~15 // the ABI's alignment
    // Asyncify's own words: where it writes next, and where its room ends.
    new Uint32Array(this.exports.memory.buffer, fiber.buffer, 2).set([fiber.buffer + 8, fiber.block + size])
    for (let first = true; ; first = false) {
      this.enter(fiber, frame, first)
      if (!fiber.pending) break
      fiber.value = await fiber.pending.catch(error => this.fail(error))
      fiber.pending = null
      if (this.dead) throw new YiqianError('closed')
    }
    this.exports.release(fiber.block, size)
  }

  /** Into the module, until the call ends or waits. */
  private enter(fiber: Fiber<Context>, frame: number, first: boolean) {
    const { exports } = this
    if (this.dead) throw new YiqianError('closed')
    this.running = fiber
    try {
      this.setStack(fiber.stackPointer, fiber.stackTop, fiber.block)
      if (!first) exports.asyncify_start_rewind(fiber.buffer)
      exports.run(frame)
      fiber.stackPointer = exports.__stack_pointer.value as number
      if (exports.asyncify_get_state() === UNWINDING) exports.asyncify_stop_unwind()
    } catch (error) {
      this.fail(error)
    } finally {
      this.setStack(this.mainStack, this.mainStack, this.mainStack - MAIN_STACK)
      this.running = null
    }
  }
}
