// Days in the address: "2026-03-01". A range is of whole days, both among them, in the computer's own time.
import { now } from '../../clock'
import { date } from '../../i18n'

export const dayMs = 86_400_000
export const today = () => date(new Date(now()).toISOString())
export const daysBefore = (day: string, n: number) => date(new Date(new Date(`${day}T12:00:00`).getTime() - n * dayMs).toISOString())
const real = (day: unknown): day is string => typeof day === 'string' && /^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(new Date(`${day}T00:00:00`).getTime())

export interface Range { from: string; to: string }
/** What the address says; undefined where it says none, or nonsense. */
export const rangeOf = (query: Record<string, unknown>): Range | undefined => (real(query.from) && real(query.to) ? { from: query.from, to: query.to } : undefined)
/** As times, for lists: from on, and before to. */
export const timesOf = (range: Range | undefined) => (range ? { from: new Date(`${range.from}T00:00:00`).toISOString(), to: new Date(new Date(`${daysBefore(range.to, -1)}T00:00:00`).getTime()).toISOString() } : {})

/** Every day of the range, with what there is of it, 0 where nothing is. */
export function everyDay(range: Range, items: { day?: string; count: number }[]): { label: string; count: number }[] {
  const of = new Map(items.map(item => [item.day ?? '', item.count]))
  const all: { label: string; count: number }[] = []
  for (let day = range.from; day <= range.to; day = daysBefore(day, -1)) all.push({ label: day, count: of.get(day) ?? 0 })
  return all
}
/** Seconds as a person says them. */
export function duration(seconds: number | null, units: { s: string; min: string; h: string; d: string }): string {
  if (seconds === null) return '–'
  if (seconds < 100) return `${seconds} ${units.s}`
  if (seconds < 6000) return `${Math.round(seconds / 6) / 10} ${units.min}`
  if (seconds < 2 * 86400) return `${Math.round(seconds / 360) / 10} ${units.h}`
  return `${Math.round(seconds / 8640) / 10} ${units.d}`
}
