// One HTTP exchange by fetch: bounded in time and size, followed nowhere, kept nowhere.
import type { HttpAnswer, HttpRequest } from '../platform.js'

const LIMIT_MS = 30_000

async function bodyOf(answer: Response, max: number): Promise<Uint8Array[]> {
  const reader = answer.body?.getReader()
  const pieces: Uint8Array[] = []
  let n = 0
  for (;;) {
    const piece = await reader?.read()
    if (!piece || piece.done) return pieces
    n += piece.value.length
    if (n > max) {
      await reader?.cancel()
      // One byte more than is taken: the SDK is told that it was too large.
      return [...pieces, piece.value.slice(0, piece.value.length - (n - max) + 1)]
    }
    pieces.push(piece.value)
  }
}

export async function exchange({ method, url, headers, body, answerMax, signal }: HttpRequest): Promise<HttpAnswer> {
  const limit = new AbortController()
  const abort = () => limit.abort()
  const timer = setTimeout(abort, LIMIT_MS)
  signal.addEventListener('abort', abort, { once: true })
  try {
    signal.throwIfAborted()
    const answer = await fetch(url, {
      method, headers, body: body as BodyInit | null, signal: limit.signal,
      redirect: 'error', cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer', mode: 'cors', keepalive: false,
    })
    return { status: answer.status, body: await bodyOf(answer, answerMax) }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}
