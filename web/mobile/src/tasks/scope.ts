// What a person allows a workstation, within what it asks for.
import type { Scope } from '@yiqian/device'

const HOUR = 3600
const MOST_SECONDS = 16 * HOUR // what the server allows where nothing else is set; it says where it is less
export const MOST_COUNT = 1000
const usual = [30 * 60, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 12 * HOUR]

export interface Choice { until: number; seconds: number; whole: boolean }

/** The whole time first, then what is shorter, on whole minutes so that they do not run while they are looked at. */
export function choices(asked: Scope | null, now: number): Choice[] {
  const most = asked ? asked.until : now - (now % 60) + 8 * HOUR
  const from = now - (now % 60)
  const shorter = usual.map(seconds => ({ until: from + seconds, seconds, whole: false })).filter(one => (asked ? one.until < most - 60 : true))
  return asked ? [{ until: most, seconds: most - now, whole: true }, ...shorter] : shorter
}
export const firstChoice = (asked: Scope | null, now: number) => (asked ? asked.until : now - (now % 60) + 4 * HOUR)
export const mostCount = (asked: Scope | null) => asked?.count || MOST_COUNT

const within = (allowed: string[], asked: string[]) => !asked.length || (allowed.length > 0 && allowed.every(one => asked.includes(one)))

/** Never more than was asked for, and something at all. */
export function narrowed(asked: Scope | null, allowed: Scope, now: number): boolean {
  if (allowed.until <= now || allowed.until > (asked ? asked.until : now + MOST_SECONDS)) return false
  if (!Number.isInteger(allowed.count) || allowed.count < 1 || allowed.count > mostCount(asked)) return false
  return within(allowed.systems, asked?.systems ?? []) && within(allowed.recordTypes, asked?.recordTypes ?? [])
}
