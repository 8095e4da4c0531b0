// Signing, and finding out what became of it where the answer was lost.
import type { HistoryEntry, SignItem, Signed, SignResult, Task, YiqianError } from '@yiqian/device'
import { authenticate, device, store } from '../device'
import { ended } from '../failure'
import { recall, remember } from '../prefs'
import { done, find, inbox, refresh } from './inbox'
import { drop, have } from './documents'

/** What became of one task. `unknown`: the answer was lost, and it is not known yet. */
export interface Outcome { task: Task; state: 'signed' | 'failed' | 'not_attempted' | 'unknown'; signedAt: string; status: SignResult['status'] }
export interface Report { outcomes: Outcome[]; error: YiqianError | null; failuresBefore: number; at: number }

const failure = (error: unknown): YiqianError | null => (error && typeof error === 'object' && 'status' in error ? (error as YiqianError) : null)
/** The server may have all of it although no answer came. */
const open = (error: YiqianError) => ['transport_failed', 'bad_answer', 'closed'].includes(error.status)

/** After a signature the server said that the shares are due: the next one takes the PIN. */
const dueName = (key: string) => `pin-due ${key}`
export const pinDue = (key: string) => recall(dueName(key)) !== null
export const notePin = (key: string, signed: Pick<Signed, 'pinDue'>) => remember(dueName(key), signed.pinDue ? '1' : null)

export function reportOf(tasks: Task[], error: YiqianError): Report {
  const outcomes = tasks.map((task, at): Outcome => {
    const status = error.results?.[at]?.status ?? error.status
    const state = open(error) ? 'unknown' : status === 'not_attempted' ? 'not_attempted' : 'failed'
    return { task, state, signedAt: '', status: status === 'ok' ? error.status : status }
  })
  return { outcomes, error, failuresBefore: 0, at: Date.now() }
}

/** Signs them all under one proof. undefined: the person closed the sheet, or the key can do no more (which was shown). */
export async function sign(tasks: Task[], what: { title: string; detail: string; unseen?: boolean }): Promise<Report | undefined> {
  const key = store.current?.key
  if (!key) return undefined
  const items: SignItem[] = tasks.map(task => ({ task, document: have(task)?.content, ...(what.unseen ? { allowUnseen: true } : {}) }))
  try {
    const signed = await authenticate({ title: what.title, detail: what.detail, pinOnly: pinDue(key) }, proof => device().sign(key, items, proof))
    if (!signed) return undefined
    notePin(key, signed)
    done(tasks.map(one => one.task))
    tasks.forEach(drop)
    const outcomes = tasks.map((task, at): Outcome => ({ task, state: 'signed', signedAt: signed.results[at].signedAt, status: 'ok' }))
    return { outcomes, error: null, failuresBefore: signed.failuresBefore, at: Date.now() }
  } catch (error) {
    const known = failure(error)
    if (!known) throw error
    void refresh()
    return reportOf(tasks, known)
  }
}

const PAGE = 100
/** Asks the server what became of those that are not known: signed is what its history has, open what its list has. Throws where it cannot be asked. */
export async function settle(report: Report): Promise<Report> {
  const key = store.current?.key
  if (!key) return report
  const wanted = new Set(report.outcomes.filter(one => one.state === 'unknown').map(one => one.task.task))
  const signed = new Map<string, HistoryEntry>()
  let before = ''
  // What was signed a moment ago is the newest; others may have signed beside it.
  for (let page = 0; page < 3 + wanted.size / PAGE && signed.size < wanted.size; page++) {
    const { entries, next } = await device().history(key, before || undefined, PAGE)
    for (const entry of entries) if (wanted.has(entry.task)) signed.set(entry.task, entry)
    before = next
    if (!before) break
  }
  await refresh()
  // Of a key that can sign no more there is no list: what its claims were is not to be signed.
  if (inbox.error && !ended(inbox.error)) throw inbox.error
  const listed = (id: string) => !inbox.error && !!find(id)
  done([...signed.keys()])
  return { ...report, outcomes: report.outcomes.map(one => settled(one, signed.get(one.task.task), listed(one.task.task), Date.now() - report.at)) }
}
/** A task that was claimed and not signed comes back to the list when the claim lapses, after a minute. */
const LAPSED_MS = 75_000
export function settled(one: Outcome, entry: HistoryEntry | undefined, listed: boolean, passed: number): Outcome {
  if (one.state !== 'unknown') return one
  if (entry) return { ...one, state: 'signed', signedAt: entry.signedAt, status: 'ok' }
  if (listed) return { ...one, state: 'not_attempted' }
  return passed < LAPSED_MS ? one : { ...one, state: 'failed' }
}
