import { expect, it, vi } from 'vitest'
import { describe, type Approval } from './acts'

vi.mock('../../keyfile', () => ({})) // its engine is a build's
const asked = (act: string, path: string, body: Record<string, unknown>) => describe({ act, path, method: 'POST', body, about: null } as unknown as Approval)
it('a person has a name of his own kind, a thing another', () => {
  expect(asked('operator.create', '/v1/operators', { staff_no: 'D1001', name: '王建国' })).toContainEqual({ name: '姓名', value: '王建国' })
  expect(asked('operator.token_create', '/v1/operator-tokens', { name: 'HIS' })).toContainEqual({ name: '名称', value: 'HIS' })
})
it('a token without an end says how long it holds', () => {
  for (const body of [{ name: 'HIS' }, { name: 'HIS', expires_in: null }]) {
    const facts = asked('operator.token_create', '/v1/operator-tokens', body)
    expect(facts.filter(fact => fact.name.startsWith('有效期'))).toEqual([{ name: '有效期', value: '8 小时（未另行指定）' }])
  }
  expect(asked('operator.token_create', '/v1/operator-tokens', { name: 'HIS', expires_in: 3600 })).toContainEqual({ name: '有效期（秒）', value: '3600' })
})
