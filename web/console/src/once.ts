// One act makes one thing. A second click while the first is under way is the first; what was sent again because its answer was lost goes under the same
// Idempotency-Key, so that a server that did act answers what it made. That key is for the very next thing: once something else was done, whoever asks for the
// same again means another one.

const KEPT = 10 * 60_000
const lost = new Map<string, string>()
const running = new Map<string, Promise<unknown>>()
const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), octet => octet.toString(16).padStart(2, '0')).join('') // randomUUID is there with TLS only

/** Something was done. */
export const forgetLost = () => lost.clear()

/** act: what is asked, in words that are the same for the same thing. unsure: whether what `send` threw leaves open if the server acted. */
export function once<T>(act: string, send: (key: string) => Promise<T>, unsure: (error: unknown) => boolean): Promise<T> {
  const before = running.get(act)
  if (before) return before as Promise<T>
  const made = attempt(act, send, unsure).finally(() => running.delete(act))
  running.set(act, made)
  return made
}
async function attempt<T>(act: string, send: (key: string) => Promise<T>, unsure: (error: unknown) => boolean): Promise<T> {
  const key = lost.get(act) ?? newKey()
  lost.delete(act)
  try {
    return await send(key)
  } catch (error) {
    if (unsure(error)) {
      lost.set(act, key)
      setTimeout(() => lost.delete(act), KEPT)
    }
    throw error
  }
}
