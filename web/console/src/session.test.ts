import { afterEach, expect, it, vi } from 'vitest'
import { hooks } from './api'
import { loginAgain, may, session, type Session } from './session'

const given = { operator: { operator: 'o', name: '', staff_no: '' }, permissions: ['users.manage'] } as unknown as Session
afterEach(() => { Object.assign(session, { now: null, last: null, why: '' }) })

it('a session that ends says why, and leaves the page as it was for its person', () => {
  Object.assign(session, { known: true, now: given, last: given })
  hooks.csrf = 'a'
  hooks.ended()
  expect([session.now, session.why, hooks.csrf]).toEqual([null, 'ended', ''])
  expect([may('users.manage'), may('audit.read')]).toEqual([true, false])
  // What ends later ends nothing, and is no other reason.
  session.why = 'idle'
  hooks.ended()
  expect(session.why).toBe('idle')
})

it('who logs in again for an act finds the page as it was', async () => {
  vi.stubGlobal('document', { baseURI: 'http://server/console/' })
  const asked = vi.fn((_url: string, _options: RequestInit) => Promise.resolve(new Response(null, { status: 204 })))
  vi.stubGlobal('fetch', asked)
  Object.assign(session, { known: true, now: given, last: given })
  await loginAgain()
  expect(asked.mock.calls.map(([url, options]) => [url, options.method])).toEqual([['http://server/v1/console/session', 'DELETE']])
  expect([session.now, session.why, may('users.manage')]).toEqual([null, 'again', true])
})
