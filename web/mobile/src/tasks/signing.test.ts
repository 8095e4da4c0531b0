import type { HistoryEntry, Task, YiqianError } from '@yiqian/device'
import { describe, expect, it, vi } from 'vitest'

vi.mock('../device', () => ({ store: { current: null, tasksChanged: 0 }, device: () => { throw new Error('none') }, authenticate: () => Promise.resolve(undefined) }))
vi.mock('../failure', () => ({ ended: () => false }))
vi.mock('../prefs', () => ({ recall: () => null, remember: () => undefined }))
const { reportOf, settled } = await import('./signing')
const { batchable, inOrder } = await import('./inbox')
const { byDay } = await import('./past')

const task = (change: Partial<Task> = {}): Task => ({
  task: 't', batch: '', form: 'raw', kind: 'document', priority: 'normal', fields: [], digest: '', hasDocument: true, documentSize: 1, title: '', description: '', recordType: '', reference: '', mediaType: '',
  system: '', createdAt: '2026-11-27T00:00:00.000Z', expiresAt: '', ...change,
})
const error = (status: string, results: string[] | null = null) => ({ status, problem: null, results: results?.map(one => ({ status: one, seen: true, rs: '', signedAt: '' })) ?? null }) as unknown as YiqianError
const states = (report: ReturnType<typeof reportOf>) => report.outcomes.map(one => one.state)

describe('reportOf', () => {
  it('leaves open what the server may have', () => {
    for (const status of ['transport_failed', 'bad_answer', 'closed']) expect(states(reportOf([task(), task()], error(status)))).toEqual(['unknown', 'unknown'])
  })
  it('tells the cause from the rest', () => expect(states(reportOf([task(), task()], error('document_changed', ['not_attempted', 'document_changed'])))).toEqual(['not_attempted', 'failed']))
  it('says failed of all where no cause is told', () => expect(states(reportOf([task()], error('refused')))).toEqual(['failed']))
})

describe('settled', () => {
  const unknown = { task: task(), state: 'unknown' as const, signedAt: '', status: 'transport_failed' as const }
  const entry = { task: 't', signedAt: '2026-11-27T01:00:00.000Z' } as HistoryEntry
  it('is signed where the history has it, even while the list still does', () => expect(settled(unknown, entry, true, 0)).toMatchObject({ state: 'signed', signedAt: entry.signedAt, status: 'ok' }))
  it('is not signed where the list has it', () => expect(settled(unknown, undefined, true, 0).state).toBe('not_attempted'))
  it('is not known while its claim may last, and gone after that', () => {
    expect(settled(unknown, undefined, false, 10_000).state).toBe('unknown')
    expect(settled(unknown, undefined, false, 80_000).state).toBe('failed')
  })
  it('leaves alone what is known', () => expect(settled({ ...unknown, state: 'failed' }, entry, false, 0).state).toBe('failed'))
})

it('orders by priority, then by age', () => {
  const tasks = [task({ task: 'c', createdAt: '2026-01-02' }), task({ task: 'b', createdAt: '2026-01-01' }), task({ task: 'h', priority: 'high' }), task({ task: 'u', priority: 'urgent' })]
  expect(inOrder(tasks).map(one => one.task)).toEqual(['u', 'h', 'b', 'c'])
})
it('signs together only what can be seen and is understood', () => {
  expect(batchable(task())).toBe(true)
  for (const change of [{ hasDocument: false }, { form: 'other' as const }, { kind: 'login' as const }]) expect(batchable(task(change))).toBe(false)
})
it('puts the past under its days', () => {
  const at = (day: number, hour: number) => ({ signedAt: new Date(2026, 10, day, hour).toISOString() }) as HistoryEntry
  expect(byDay([at(27, 9), at(27, 8), at(26, 23)]).map(one => [one.day, one.entries.length])).toEqual([['2026-11-27', 2], ['2026-11-26', 1]])
})
