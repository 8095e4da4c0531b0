// What goes between the page and the Worker.
import type { Failure } from './error.js'
import type { PageQuestion } from './platform.js'

/** What is opened: fixed with the first message. */
export interface Opening {
  what: 'device' | 'workstation' | 'codes'
  storage: string
  takeOver: boolean
  /** Who keeps what the finger opens: WebAuthn, or the page's own (FingerprintPlatform). */
  fingerprint: 'webauthn' | 'page'
  options: { platform: string | null; pinIterations: number; documentMax: number }
}

export type ToWorker =
  | { type: 'open'; opening: Opening }
  | { type: 'call'; id: number; name: string; given: object; blobs: Uint8Array[] }
  | { type: 'abort'; id: number }
  | { type: 'answer'; question: number; value: unknown; bytes: Uint8Array | null }
  | { type: 'close' }

export type FromWorker =
  | { type: 'opened' }
  | { type: 'refused'; failure: Failure }
  | { type: 'done'; id: number; value: unknown; content: Uint8Array | null }
  | { type: 'failed'; id: number; failure: Failure }
  /** To the person of the call `id` (a null value in the answer says no), or to the page for the platform. */
  | { type: 'question'; id: number; question: number; value: unknown; page: false }
  | { type: 'question'; id: number; question: number; value: PageQuestion; page: true }
  /** Of a waiting call: whether an answer came. */
  | { type: 'exchanged'; id: number; answered: boolean }
  /** Nothing more comes: closed, taken over, or broken. */
  | { type: 'closed' }

/** Of a Worker, a MessagePort or a Worker's own scope. */
export interface Port<Out, In> {
  postMessage(message: Out, transfer: Transferable[]): void
  addEventListener(type: 'message', listener: (event: { data: In }) => void): void
}
