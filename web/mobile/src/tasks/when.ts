// Times as a person says them.

const two = (n: number) => String(n).padStart(2, '0')
const clock = (at: Date) => `${two(at.getHours())}:${two(at.getMinutes())}`
const day = (at: Date) => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime()

/** Which of the texts when.<kind>, and its values. */
export interface When { kind: 'now' | 'minutes' | 'today' | 'yesterday' | 'year' | 'date' | 'none'; n: number; clock: string; date: string; year: number }

export function when(text: string, now = new Date()): When {
  const at = new Date(text)
  if (!text || Number.isNaN(at.getTime())) return { kind: 'none', n: 0, clock: '', date: '', year: 0 }
  const minutes = Math.floor((now.getTime() - at.getTime()) / 60_000)
  const days = Math.round((day(now) - day(at)) / 86_400_000)
  // The server's clock, or the moment this was counted, may be a little apart.
  const kind = minutes >= -2 && minutes < 1 ? 'now' : minutes >= 0 && minutes < 60 ? 'minutes' : days === 0 ? 'today' : days === 1 ? 'yesterday' : at.getFullYear() === now.getFullYear() ? 'year' : 'date'
  return { kind, n: Math.max(0, minutes), clock: clock(at), date: `${two(at.getMonth() + 1)}-${two(at.getDate())}`, year: at.getFullYear() }
}

/** To the second, by this phone's clock. */
export function exact(text: string): string {
  const at = new Date(text)
  return text && !Number.isNaN(at.getTime()) ? `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock(at)}:${two(at.getSeconds())}` : ''
}

/** The day that an entry of a list stands under. */
export const dayOf = (text: string) => exact(text).slice(0, 10)

/** Seconds until then; 0 where it is over. */
export const secondsLeft = (text: string, now = Date.now()) => {
  const left = Math.ceil((new Date(text).getTime() - now) / 1000)
  return Number.isFinite(left) ? Math.max(0, left) : 0
}

/** For what is left of a shift: hours and minutes. */
export const hoursMinutes = (seconds: number) => ({ h: Math.floor(seconds / 3600), m: Math.floor((seconds % 3600) / 60) })
