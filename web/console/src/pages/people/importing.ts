// An import under way: in pieces, each of which may be sent again. A line that breaks stops it until it is back; nothing is lost or done twice.
import { reactive } from 'vue'
import { api, Problem, type Answer } from '../../api'
import type { ImportRow } from './columns'

export type Outcome = 'created' | 'updated' | 'unchanged' | 'error'
export interface RowProblem { code: string; field: string; message: string; message_en: string; detail?: string }
type Result = Answer<'/v1/user-imports', 'post'>
export type RowChange = Result['rows'][number]['changes'][number]
export interface RowResult { outcome: Outcome | ''; changes: RowChange[]; problems: RowProblem[] }

/** Whose name an update would change: a wrong staff number gives one person's account to another. */
export const renames = (result: Pick<RowResult, 'changes'>) => result.changes.some(one => one.field === 'name')

const PIECE_ROWS = 200
const PIECE_BYTES = 700_000 // of a mebibyte that the server takes
const RETRY_MS = [500, 1000, 2000, 4000, 8000]

/** state: paused by the person, waiting for the line; failed: what cannot be helped by trying again. */
export interface Running {
  state: 'idle' | 'running' | 'paused' | 'offline' | 'cancelled' | 'failed' | 'done'
  done: number
  total: number
  results: RowResult[]
  failure: unknown
}

/** Who stands in the sheet twice: the server sees a piece only. */
export function twice(rows: ImportRow[]): Map<number, number> {
  const first = new Map<string, number>(), found = new Map<number, number>()
  rows.forEach((row, i) => {
    if (!row.staff_no) return
    const before = first.get(row.staff_no)
    if (before === undefined) first.set(row.staff_no, i)
    else found.set(i, before)
  })
  return found
}

export function pieces(rows: ImportRow[], wanted: number[]): number[][] {
  const all: number[][] = []
  let piece: number[] = [], bytes = 0
  const encoder = new TextEncoder()
  for (const i of wanted) {
    const n = encoder.encode(JSON.stringify(rows[i])).length
    if (piece.length && (piece.length >= PIECE_ROWS || bytes + n > PIECE_BYTES)) { all.push(piece); piece = []; bytes = 0 }
    piece.push(i)
    bytes += n
  }
  if (piece.length) all.push(piece)
  return all
}

/** What may be over when it is tried again. */
const passes = (error: unknown) => error instanceof Problem && (error.status === 0 || error.status === 429 || error.status >= 502 || error.code === 'changed_meanwhile' || error.code === 'bad_answer')

export function useImport() {
  const now = reactive<Running>({ state: 'idle', done: 0, total: 0, results: [], failure: null })
  let wake: (() => void) | null = null
  let round = 0
  const sleep = (ms: number) => new Promise<void>(done => {
    const timer = ms > 0 ? setTimeout(done, ms) : undefined
    wake = () => { clearTimeout(timer); done() }
  })
  const online = () => wake?.()

  /** Sends until it is answered; null where it was given up. */
  async function send(mine: number, body: { rows: ImportRow[]; dry_run: boolean; mode: 'upsert' | 'add' }): Promise<Result | null> {
    for (let tries = 0; ; tries++) {
      while (now.state === 'paused' && mine === round) await sleep(0)
      if (mine !== round || now.state === 'cancelled') return null
      try {
        const answer = await api.post('/v1/user-imports', { body })
        if (now.state === 'offline') now.state = 'running'
        return answer
      } catch (error) {
        if (!passes(error)) throw error
        if (now.state === 'running') now.state = 'offline'
        await sleep(RETRY_MS[Math.min(tries, RETRY_MS.length - 1)] ?? 8000)
      }
    }
  }

  async function run(rows: ImportRow[], wanted: number[], options: { dry_run: boolean; mode: 'upsert' | 'add' }) {
    const mine = ++round
    Object.assign(now, { state: 'running', done: 0, total: wanted.length, failure: null })
    for (const i of wanted) now.results[i] = { outcome: '', changes: [], problems: [] }
    addEventListener('online', online)
    try {
      for (const piece of pieces(rows, wanted)) {
        const answer = await send(mine, { rows: piece.map(i => rows[i] as ImportRow), ...options })
        if (!answer) return
        answer.rows.forEach(result => { const i = piece[result.row]; if (i !== undefined) now.results[i] = { outcome: result.outcome, changes: result.changes, problems: result.problems } })
        now.done += piece.length
      }
      now.state = 'done'
    } catch (error) {
      if (mine !== round) return
      now.failure = error
      now.state = 'failed'
    } finally { removeEventListener('online', online) }
  }

  return {
    now, run,
    pause() { if (now.state === 'running' || now.state === 'offline') now.state = 'paused' },
    resume() { if (now.state === 'paused') { now.state = 'running'; wake?.() } },
    cancel() { if (now.state !== 'done') now.state = 'cancelled'; wake?.() },
    reset() { round++; wake?.(); Object.assign(now, { state: 'idle', done: 0, total: 0, results: [], failure: null }) },
  }
}
