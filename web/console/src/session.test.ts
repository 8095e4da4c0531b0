import { afterEach, expect, it } from 'vitest'
import { hooks } from './api'
import { may, session, type Session } from './session'

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
