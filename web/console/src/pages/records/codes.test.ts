// What the server can answer to a verification has words in both languages: of the codes its own, which stand beside them in its sources, of the rest the console's.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { findingOf, findings } from '../system/finding'

const root = new URL('../../../../../', import.meta.url)
const source = (path: string) => readFileSync(new URL(path, root), 'utf8')
const description = source('docs/api/openapi.yaml')
/** The values of a property of a schema. */
function listed(schema: string, property: string): string[] {
  const from = description.slice(description.indexOf(`\n    ${schema}:\n`) + 1)
  const body = from.slice(0, from.slice(1).search(/\n {4}\w/) + 1)
  const values = new RegExp(`${property ? `\\b${property}:[^[]*?` : ''}enum: \\[([^\\]]+)\\]`).exec(body)?.[1] ?? ''
  return values.split(',').map(one => one.trim()).filter(Boolean)
}
/** Code, Chinese, English: as the sources have them. */
const words = (text: string) => new Map([...text.matchAll(/\{"([a-z_]+)",\s*"((?:[^"\\]|\\.)*)"(?:\s*"(?:[^"\\]|\\.)*")*,\s*"((?:[^"\\]|\\.)*)/g)].map(([, code, zh, en]) => [String(code), { zh: String(zh), en: String(en) }]))
const good = ({ zh, en }: { zh: string; en: string }) => /[\u4e00-\u9fff]/.test(zh) && /[a-z]{2}/i.test(en) && !/[\u4e00-\u9fff]/.test(en)
type Texts = Record<string, Record<string, unknown>>
const locales = import.meta.glob<Texts>('../../locales/*/*.ts', { eager: true, import: 'default' })
const both = (path: string[]) => ['zh-CN', 'en'].map(language => Object.entries(locales).filter(([file]) => file.includes(`/${language}/`))
  .map(([, texts]) => path.reduce<unknown>((at, name) => (at as Texts | undefined)?.[name], texts)).find(found => found !== undefined))

it('each code of a signature', () => {
  const said = words(readdirSync(new URL('src/service/', root)).filter(name => /^verify\w*\.c$/.test(name)).map(name => source(`src/service/${name}`)).join('\n'))
  const codes = listed('Check', 'code')
  expect(codes.length).toBeGreaterThan(25)
  expect(codes.filter(code => !said.has(code) || !good(said.get(code) as { zh: string; en: string }))).toEqual([])
})
it('each code of a timestamp', () => {
  const said = words(source('src/tsa/token_verify.c'))
  expect(said.size).toBeGreaterThan(45)
  expect([...said].filter(([, one]) => !good(one)).map(([code]) => code)).toEqual([])
})
it.each([['Check', 'check', ['records', 'check', 'signature']], ['TimestampCheck', 'check', ['records', 'check', 'timestamp']], ['Verification', 'time_source', ['records', 'source']],
  ['ListedReason', '', ['certificates', 'reasons']], ['AuditCheck', 'state', null]] as const)('%s %s', (schema, property, path) => {
  const values = listed(schema, property)
  expect(values.length).toBeGreaterThan(1)
  for (const texts of path ? both([...path]) : []) expect(values.filter(value => !(texts as Record<string, unknown>)?.[value])).toEqual([])
})
it('each thing that may be wrong with the audit log', () => {
  const texts = (path: string) => source(path).replace(/" PRI[du]64 "/g, '7').replace(/" PRI[du]64/g, '7"')
  const notes = [...texts('src/audit/audit_fsck.c').matchAll(/note\(f, ([^;]+)\);/g)].flatMap(([, given]) => [...String(given).matchAll(/"([^"]+)"/g)].map(([, text]) => String(text).replaceAll('%', '')))
  expect(notes.map(text => findingOf(text)?.name).sort()).toEqual([...findings].sort())
  for (const words of both(['system', 'finding'])) expect(Object.keys(words as object).sort()).toEqual([...findings].sort())
})
it('each error that the audit log may name as what became of an act, said as the server says it', () => {
  const codes = new Map([...source('src/base/err.h').matchAll(/X\((ERR_\w+), "([a-z_0-9]+)"\)/g)].map(([, name, code]) => [String(name), String(code)]))
  const text = '((?:"(?:[^"\\\\]|\\\\.)*"\\s*)+)', whole = (given: string | undefined) => [...String(given).matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(one => one[1]).join('').replaceAll('\\"', '"')
  const said = [...source('src/http/problem.c').matchAll(new RegExp(`\\[(ERR_\\w+)\\] =\\s*\\{\\s*\\d+,\\s*${text},\\s*${text},`, 'g'))].map(([, name, zh, en]) => [codes.get(String(name)), [whole(zh), whole(en)]] as const)
  expect(said.length).toBeGreaterThan(100)
  const [zh, en] = both(['outcomes']) as [Record<string, string>, Record<string, string>]
  expect(Object.fromEntries(Object.keys(zh).map(code => [code, [zh[code], en[code]]]))).toEqual(Object.fromEntries(said))
})
