import { describe, expect, it } from 'vitest'
import { daysBefore, duration, everyDay, rangeOf, timesOf } from './days'

const units = { s: 's', min: 'min', h: 'h', d: 'd' }
describe('days', () => {
  it('are counted over months, years and leap days', () => {
    expect(daysBefore('2026-03-01', 1)).toBe('2026-02-28')
    expect(daysBefore('2024-03-01', 1)).toBe('2024-02-29')
    expect(daysBefore('2025-12-31', -1)).toBe('2026-01-01')
    expect(daysBefore('2026-01-01', 365)).toBe('2025-01-01')
  })
  it('come from the address only where they are days', () => {
    expect(rangeOf({ from: '2026-01-01', to: '2026-01-31' })).toEqual({ from: '2026-01-01', to: '2026-01-31' })
    for (const query of [{}, { from: '2026-01-01' }, { from: 'x', to: '2026-01-31' }, { from: '2026-13-01', to: '2026-01-31' }, { from: ['2026-01-01'], to: '2026-01-31' }]) expect(rangeOf(query)).toBeUndefined()
  })
  it('as times take the last day in', () => {
    const { from, to } = timesOf({ from: '2026-01-01', to: '2026-01-01' }) as { from: string; to: string }
    expect(new Date(to).getTime() - new Date(from).getTime()).toBe(86_400_000)
    expect(timesOf(undefined)).toEqual({})
  })
  it('have none left out', () => {
    expect(everyDay({ from: '2026-02-27', to: '2026-03-02' }, [{ day: '2026-02-28', count: 3 }])).toEqual([
      { label: '2026-02-27', count: 0 }, { label: '2026-02-28', count: 3 }, { label: '2026-03-01', count: 0 }, { label: '2026-03-02', count: 0 }])
  })
})
describe('durations', () => {
  it.each([[null, '–'], [0, '0 s'], [99, '99 s'], [120, '2 min'], [5400, '90 min'], [7200, '2 h'], [600000, '6.9 d']] as const)('%s is %s', (seconds, text) => expect(duration(seconds, units)).toBe(text))
})
