// What the module needs of its surroundings: yq_platform of yiqian/device.h, asynchronous. What throws has failed.

export interface HttpRequest {
  method: string
  url: string
  headers: [string, string][]
  body: Uint8Array | null
  /** Bytes of an answer that are taken; more is a failure. */
  answerMax: number
  signal: AbortSignal
}

export interface HttpAnswer {
  status: number
  body: Uint8Array[]
}

export interface Platform {
  /** null: there is none. */
  load(name: string): Promise<Uint8Array | null>
  /** Durable when it resolves; the old record is whole until then. */
  save(name: string, record: Uint8Array): Promise<void>
  erase(name: string): Promise<void>
  exchange(request: HttpRequest): Promise<HttpAnswer>
  random(out: Uint8Array): void
  /** The public point, 65 bytes, of the key under that name, which is made where there is none. */
  createCredential(name: string): Promise<Uint8Array>
  /** ECDSA with SHA-256, r || s; null: there is no such key. */
  sign(name: string, message: Uint8Array): Promise<Uint8Array | null>
  eraseCredential(name: string): Promise<void>
  fingerprint: Fingerprints
}

/** A question that the page answers for the platform, not the person for the call. */
export type AskPage = (question: PageQuestion) => Promise<PageAnswer>

export type PageQuestion =
  | { act: 'prf'; credential: Uint8Array; salt: Uint8Array; prompt: string }
  | { act: 'wrap'; name: string; secret: Uint8Array }
  | { act: 'unwrap'; name: string; prompt: string }
  | { act: 'erase'; name: string }

export interface PageAnswer {
  status: 'ok' | 'cancelled' | 'fingerprint_off' | 'fingerprint_failed'
  bytes?: Uint8Array
}

/** What the page made in the click that turns the fingerprint on; as numbers, since they go with the arguments. */
export interface Prepared {
  credential: number[]
  /** The input of the PRF. */
  salt: number[]
  /** Its output, which whoever called wipes when the call has ended. */
  prf: Uint8Array
}

/** yq_fingerprint. Throws YiqianError cancelled, fingerprint_off (none, or invalidated) or fingerprint_failed. */
export interface Fingerprints {
  /** prepared: under a new key made of it; else under the one that is there. */
  wrap(name: string, secret: Uint8Array, ask: AskPage, prepared?: Prepared): Promise<void>
  unwrap(name: string, prompt: string, ask: AskPage): Promise<Uint8Array>
  erase(name: string, ask: AskPage): Promise<void>
}
