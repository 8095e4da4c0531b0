// yiqian-key.wasm (sdk/wasm/key): SM2 for the key file. Bytes go in and out through one room of its memory, which is wiped after each call.
interface Exports {
  memory: WebAssembly.Memory
  start: () => void
  room: () => number
  clear: () => void
  make: () => number
  request: (key: number, name: number) => number
  sign: (key: number, message: number) => number
  holds: (key: number, certificate: number) => number
  seal: (rounds: number, salt: number, data: number) => number
  open: (n: number) => number
}

/** refused: no key of ours, or damaged. unsupported: another algorithm. failed: no random numbers. */
export class KeyError extends Error {
  constructor(readonly code: 'refused' | 'unsupported' | 'failed') { super(code) }
}

export class KeyEngine {
  private constructor(private readonly its: Exports) {}

  static async open(module: BufferSource | Promise<Response>): Promise<KeyEngine> {
    let memory: WebAssembly.Memory | undefined
    const random = (at: number, n: number): number => {
      if (!memory) return 1
      crypto.getRandomValues(new Uint8Array(memory.buffer, at, n))
      return 0
    }
    const imports = { yiqian: { random } }
    const { instance } = module instanceof Promise ? await WebAssembly.instantiateStreaming(module, imports) : await WebAssembly.instantiate(module, imports)
    const its = instance.exports as unknown as Exports
    memory = its.memory
    its.start()
    return new KeyEngine(its)
  }

  private run(call: () => number, ...parts: Uint8Array[]): Uint8Array {
    const room = new Uint8Array(this.its.memory.buffer, this.its.room(), 1 << 15)
    if (parts.reduce((n, part) => n + part.length, 0) > room.length) throw new KeyError('refused')
    let at = 0
    for (const part of parts) {
      room.set(part, at)
      at += part.length
    }
    const n = call()
    const out = n >= 0 ? room.slice(0, n) : null
    this.its.clear()
    if (!out) throw new KeyError(n === -2 ? 'unsupported' : n === -3 ? 'failed' : 'refused')
    return out
  }

  /** A new private key: PrivateKeyInfo, to be wiped by whoever has it. */
  make(): Uint8Array { return this.run(() => this.its.make()) }
  /** A certification request (PKCS#10) for it. */
  request(key: Uint8Array, name: string): Uint8Array {
    const text = new TextEncoder().encode(name)
    return this.run(() => this.its.request(key.length, text.length), key, text)
  }
  /** SM2 with SM3, DER. */
  sign(key: Uint8Array, message: Uint8Array): Uint8Array { return this.run(() => this.its.sign(key.length, message.length), key, message) }
  /** Whether the certificate is this key's. */
  holds(key: Uint8Array, certificate: Uint8Array): boolean {
    let same = 0
    this.run(() => { same = this.its.holds(key.length, certificate.length); return same < 0 ? same : 0 }, key, certificate)
    return same === 1
  }
  seal(rounds: number, salt: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array {
    return this.run(() => this.its.seal(rounds, salt.length, data.length), salt, iv, data)
  }
  open(sealed: Uint8Array): { rounds: number; salt: Uint8Array; iv: Uint8Array; data: Uint8Array } {
    const out = this.run(() => this.its.open(sealed.length), sealed)
    const words = new DataView(out.buffer, out.byteOffset, 8)
    const rounds = words.getUint32(0), end = 8 + words.getUint32(4)
    return { rounds, salt: out.slice(8, end), iv: out.slice(end, end + 16), data: out.slice(end + 16) }
  }
}
