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
