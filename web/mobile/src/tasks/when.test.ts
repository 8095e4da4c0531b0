import { expect, it } from 'vitest'
import { dayOf, exact, hoursMinutes, secondsLeft, when } from './when'

const now = new Date(2026, 10, 27, 9, 30)
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000).toISOString()

it.each([[0, 'now'], [-1, 'now'], [5, 'minutes'], [59, 'minutes'], [61, 'today'], [9 * 60 + 31, 'yesterday'], [3 * 24 * 60, 'year'], [400 * 24 * 60, 'date'], [-120, 'today']])('%i minutes ago is %s', (minutes, kind) =>
  expect(when(ago(minutes), now).kind).toBe(kind))
it('is nothing for nothing', () => {
  expect(when('', now).kind).toBe('none')
  expect(when('rubbish', now).kind).toBe('none')
  expect(exact('')).toBe('')
  expect(exact('rubbish')).toBe('')
})
it('is exact by this phone’s clock', () => {
  expect(exact(now.toISOString())).toBe('2026-11-27 09:30:00')
  expect(dayOf(now.toISOString())).toBe('2026-11-27')
})
it('counts down to nothing', () => {
  expect(secondsLeft(new Date(10_500).toISOString(), 8_000)).toBe(3)
  expect(secondsLeft(new Date(10_500).toISOString(), 20_000)).toBe(0)
  expect(secondsLeft('rubbish')).toBe(0)
  expect(hoursMinutes(9_059)).toEqual({ h: 2, m: 30 })
})
