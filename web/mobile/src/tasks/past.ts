// What the person signed, as far as it was read; the newest first.
import type { HistoryEntry } from '@yiqian/device'
import { shallowReactive, watch } from 'vue'
import { device, store } from '../device'
import { dayOf } from './when'

const PAGE = 50
interface Past { entries: HistoryEntry[]; next: string; state: 'empty' | 'reading' | 'ready'; error: unknown }
const nothing = (): Past => ({ entries: [], next: '', state: 'empty', error: null })
export const past = shallowReactive<Past>(nothing())
let round = 0

/** From the newest on, or what comes after what is here. */
export async function readPast(more: boolean): Promise<void> {
  const key = store.current?.key
  if (!key || (past.state === 'reading' && more) || (more && !past.next)) return
  const mine = ++round
  const was = past.state
  past.state = 'reading'
  try {
    const { entries, next } = await device().history(key, more ? past.next : undefined, PAGE)
    if (mine === round) Object.assign(past, { entries: more ? [...past.entries, ...entries] : entries, next, state: 'ready', error: null })
  } catch (error) {
    if (mine === round) Object.assign(past, { state: was === 'reading' ? 'ready' : was, error })
  }
}

const MOST_PAGES = 40
/** One of them, looked for as far back as is reasonable. */
export async function findPast(task: string): Promise<HistoryEntry | undefined> {
  const find = () => past.entries.find(one => one.task === task)
  if (!find()) await readPast(false)
  for (let page = 0; page < MOST_PAGES && !find() && past.next && !past.error; page++) await readPast(true)
  return find()
}

export interface Day { day: string; entries: HistoryEntry[] }
export function byDay(entries: HistoryEntry[]): Day[] {
  const days: Day[] = []
  for (const entry of entries) {
    const day = dayOf(entry.signedAt)
    const last = days[days.length - 1]
    if (last?.day === day) last.entries.push(entry)
    else days.push({ day, entries: [entry] })
  }
  return days
}

watch(() => store.current?.key, () => { round++; Object.assign(past, nothing()) })
