import { afterEach, expect, it, vi } from 'vitest'
import { Problem } from './api'
import { fieldError } from './failure'
import { speak } from './i18n'

const refused = (detail: string) => new Problem(400, 'field_value', '字段取值无效', 'A field has an invalid value', '', '', detail, 'url')
vi.stubGlobal('document', { documentElement: {} })
afterEach(() => speak('zh-CN'))
it('a field says what is wrong with it, in the language that is spoken', async () => {
  const both = refused('应以 https:// 开头，院内地址可用 http:// / want https://, or http:// inside the hospital')
  expect(fieldError(both, 'url')).toBe('应以 https:// 开头，院内地址可用 http://')
  expect(fieldError(both, 'name')).toBe('')
  expect(fieldError(refused('at most 20'), 'url')).toBe('字段取值无效')
  expect(fieldError(refused(''), 'url')).toBe('字段取值无效')
  await speak('en')
  expect(fieldError(both, 'url')).toBe('want https://, or http:// inside the hospital')
  expect(fieldError(refused('at most 20'), 'url')).toBe('at most 20')
  expect(fieldError(refused(''), 'url')).toBe('A field has an invalid value')
})
