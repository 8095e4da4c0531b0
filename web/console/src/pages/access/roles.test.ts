import { describe, expect, it } from 'vitest'
import { dutiesOf, reachable, type PermissionText } from './roles'

const all = ([['users.manage', 'certificates'], ['system.manage', 'system'], ['audit.read', 'audit'], ['users.read', null]] as const).map(([permission, duty]) => ({ permission, duty, zh: '', en: '' })) as PermissionText[]

describe('the separated duties of what was chosen', () => {
  it('none, for seeing alone', () => expect(dutiesOf(['users.read'], all)).toEqual([]))
  it('one, whatever is seen besides', () => expect(dutiesOf(['users.read', 'users.manage'], all)).toEqual(['certificates']))
  it('all, in their order', () => expect(dutiesOf(['audit.read', 'users.manage', 'system.manage'], all)).toEqual(['system', 'certificates', 'audit']))
})

describe('whether somebody can approve: he is here, or has something to come with', () => {
  const now = Date.parse('2026-11-28T10:00:00Z')
  const one = (certificates: number, phones: number, seen_at: string | null) => reachable({ certificates, phones, seen_at }, now)
  it('a certificate or a phone, though nobody has seen him for so long that it is kept no more', () => expect([one(1, 0, null), one(0, 1, null)]).toEqual([true, true]))
  it('in a session that a one-time link began', () => expect(one(0, 0, '2026-11-28T08:00:00Z')).toBe(true))
  it('never here, or long ago and with nothing left', () => expect([one(0, 0, null), one(0, 0, '2026-11-01T08:00:00Z')]).toEqual([false, false]))
})
