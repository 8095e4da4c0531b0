import { describe, expect, it } from 'vitest'
import { dutiesOf, type PermissionText } from './roles'

const all = ([['users.manage', 'certificates'], ['system.manage', 'system'], ['audit.read', 'audit'], ['users.read', null]] as const).map(([permission, duty]) => ({ permission, duty, zh: '', en: '' })) as PermissionText[]

describe('the separated duties of what was chosen', () => {
  it('none, for seeing alone', () => expect(dutiesOf(['users.read'], all)).toEqual([]))
  it('one, whatever is seen besides', () => expect(dutiesOf(['users.read', 'users.manage'], all)).toEqual(['certificates']))
  it('all, in their order', () => expect(dutiesOf(['audit.read', 'users.manage', 'system.manage'], all)).toEqual(['system', 'certificates', 'audit']))
})
