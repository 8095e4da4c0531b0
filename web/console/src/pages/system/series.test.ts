import { describe, expect, test } from 'vitest'
import { bytes, isKnown, points, written, type History } from './series'

const history = (series: History['series'], times: string[], step = 60): History =>
  ({ node: 'a', nodes: ['a'], from: times[0] ?? '', to: times[times.length - 1] ?? '', step, times, series })

describe('numbers', () => {
  test.each([[0, '0 B'], [1023, '1023 B'], [1024, '1 KiB'], [1536, '1.5 KiB'], [5 * 1024 ** 4, '5 TiB'], [2 ** 60, '1024 PiB']])('%d bytes', (value, text) => expect(bytes(value)).toBe(text))
  test('by their units', () => {
    expect(written(12.345, 'percent')).toBe('12.3 %')
    expect(written(0.4567, 'ms')).toBe('0.46 ms')
    expect(written(2048, 'bytesPerSecond')).toBe('2 KiB/s')
    expect(written(3, 'count')).toBe('3')
  })
})

describe('points', () => {
  const times = ['2026-11-27T08:00:00Z', '2026-11-27T08:01:00Z', '2026-11-27T08:10:00Z']
  test('rates are a second', () => expect(points(history({ net_sent: [120, 60, 0] }, times), { metric: 'net_sent', rate: true }).map(one => one[1])).toEqual([2, 1, null, 0]))
  test('a gap where nothing was measured, null where it is not known', () => {
    const made = points(history({ cpu: [500, null, 100] }, times), { metric: 'cpu', scale: 0.1 })
    expect(made.map(one => one[1])).toEqual([50, null, null, 10])
    expect(made[2]?.[0]).toBe(new Date('2026-11-27T08:02:00Z').getTime())
  })
  test('what is never known is not shown', () => {
    expect(isKnown(history({ temperature: [null, null, null] }, times), { name: 'temperature', unit: 'degrees', lines: [{ metric: 'temperature' }] })).toBe(false)
    expect(isKnown(history({ cpu: [null, 1, null] }, times), { name: 'cpu', unit: 'percent', lines: [{ metric: 'cpu' }] })).toBe(true)
  })
})
