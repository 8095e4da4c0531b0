import { afterEach, expect, it, vi } from 'vitest'
import { clock, compareClocks, now, wrongBy } from './clock'
import { daysBefore, today } from './pages/records/days'

vi.stubGlobal('document', { baseURI: 'http://server/console/' })
const serverAt = (ahead: number) => vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify({ status: 'ok', time: new Date(Date.now() + ahead).toISOString() }))))
afterEach(() => { clock.ahead = 0 })

it('a computer that lives in last month asks for the days of the server', async () => {
  const wrong = today()
  serverAt(30 * 86_400_000)
  await compareClocks()
  expect(Math.abs(now() - Date.now() - 30 * 86_400_000)).toBeLessThan(5000)
  expect(daysBefore(today(), 30)).toBe(wrong)
  expect(wrongBy()).toBe(-43_200)
})
it('seconds are nothing to speak of, nor what the server does not say', async () => {
  serverAt(-20_000)
  await compareClocks()
  expect([clock.ahead, wrongBy()]).toEqual([0, 0])
  clock.ahead = -600_000
  vi.stubGlobal('fetch', () => Promise.resolve(new Response('{}', { status: 503 })))
  await compareClocks()
  expect([clock.ahead, wrongBy()]).toEqual([-600_000, 10])
})
