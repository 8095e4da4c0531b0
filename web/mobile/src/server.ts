// A server before anything of it is trusted: its address as a person types it, and what it says of itself (GET /v1/server).

export interface ServerInfo { name: string; version: string; time: string; api: number; publicUrl: string }

/** https:// where nothing else is written; http:// for this machine alone. "" where it is no address of a server. */
export function serverAddress(typed: string): string {
  const text = typed.trim().replace(/[。．]/g, '.').replace(/：/g, ':').replace(/／/g, '/')
  if (!text || /\s/.test(text)) return ''
  let url: URL
  try { url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`) } catch { return '' }
  const loopback = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback)) return ''
  if (url.username || url.password || url.search || url.hash || !['/', '/app/', '/app'].includes(url.pathname) || url.origin.length > 255) return ''
  return url.origin
}

export async function readServer(url: string): Promise<unknown> {
  const stop = new AbortController()
  const late = setTimeout(() => stop.abort(), 10_000)
  try {
    const answer = await fetch(`${url}/v1/server`, { signal: stop.signal, redirect: 'error', cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer' })
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
    return await answer.json()
  } finally { clearTimeout(late) }
}

/** Throws where the answer is not that of a yiqian server whose API is this one. */
export function asServer(answer: unknown): ServerInfo {
  const said = (answer ?? {}) as Record<string, unknown>
  const { name, version, time, api, public_url: publicUrl } = said
  if (typeof name !== 'string' || typeof version !== 'string' || typeof time !== 'string' || Number.isNaN(Date.parse(time)) || api !== 1) throw new Error('no server of ours')
  return { name: name.slice(0, 256), version: version.slice(0, 64), time, api, publicUrl: typeof publicUrl === 'string' ? publicUrl : '' }
}

/** Seconds by which the phone is ahead; the answer was made somewhere between the two readings. */
export function measureSkew(time: string, before: number, after: number): number {
  return Math.round(((before + after) / 2 - Date.parse(time)) / 1000)
}
/** From when on it is told: the server refuses what is more than five minutes off. */
export const skewed = (seconds: number | null): boolean => seconds !== null && Math.abs(seconds) >= 120
