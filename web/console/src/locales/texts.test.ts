import { describe, expect, it } from 'vitest'

interface Texts { [name: string]: string | string[] | Texts }
const files = import.meta.glob<Texts>('./*/*.ts', { eager: true, import: 'default' })
const names = (texts: Texts, before = ''): string[] => Object.entries(texts).flatMap(([name, value]) =>
  typeof value === 'string' ? [`${before}${name} ${[...value.matchAll(/\{\w+\}/g)].map(found => found[0]).sort().filter((one, at, all) => all.indexOf(one) === at).join('')}`] : Array.isArray(value) ? [`${before}${name} × ${value.length}`] : names(value, `${before}${name}.`))

describe('both languages say the same things, with the same values', () => {
  const chinese = Object.entries(files).filter(([path]) => path.startsWith('./zh-CN/'))
  it.each(chinese.map(([path]) => path))('%s', path => expect(names(files[path.replace('zh-CN', 'en')] ?? {}).sort()).toEqual(names(files[path]).sort()))
  it('each file has top-level names of its own', () => {
    const all = chinese.flatMap(([, texts]) => Object.keys(texts))
    expect(new Set(all).size).toBe(all.length)
  })
})

/** Names that the code writes out; those that it puts together it checks with has(), or their values are the API's. */
const sources = import.meta.glob<string>(['../**/*.vue', '../**/*.ts', '!../**/*.test.ts', '!../locales/**', '!../schema.d.ts'], { query: '?raw', import: 'default', eager: true })
const used = Object.entries(sources).flatMap(([path, text]) => [...text.matchAll(/(?<![\w.])t\(\s*'([a-z]\w*(?:\.\w+)+)'|(?<![\w.])t\([^()']*(?:\([^()]*\)[^()']*)*\? '([a-z]\w*(?:\.\w+)+)' : '([a-z]\w*(?:\.\w+)+)'/g)].flatMap(found => found.slice(1).filter(Boolean).map(name => ({ path, name: String(name) }))))
it('every text that is asked for is there', () => {
  const there = new Set(Object.entries(files).filter(([path]) => path.startsWith('./zh-CN/')).flatMap(([, texts]) => names(texts)).map(name => name.split(' ')[0]))
  expect(used.length).toBeGreaterThan(800)
  expect(used.filter(one => !there.has(one.name)).map(one => `${one.path} ${one.name}`)).toEqual([])
})
/** Whoever only looks on is to be logged out as idle, and whoever reads is to be kept: a page that asks by itself says so. */
it('a page that asks by a timer asks in the background', () => {
  const timed = Object.entries(sources).filter(([path, text]) => path.includes('/pages/') && /setInterval\(\(\) => \{ if \(watched\(\)/.test(text))
  expect(timed.length).toBeGreaterThan(2)
  expect(timed.filter(([, text]) => !text.includes('background')).map(([path]) => path)).toEqual([])
})
