import type { Scope } from '@yiqian/device'
import { describe, expect, it } from 'vitest'
import { choices, firstChoice, mostCount, narrowed } from './scope'

const NOW = 1_800_000_000
const asked: Scope = { systems: ['电子病历', '检验系统'], recordTypes: [], until: NOW + 2 * 3600 + 17, count: 30 }
const allowed = (change: Partial<Scope> = {}): Scope => ({ ...asked, ...change })

describe('choices', () => {
  it('begin with all that was asked for, then what is shorter', () => {
    const found = choices(asked, NOW)
    expect(found[0]).toEqual({ until: asked.until, seconds: 2 * 3600 + 17, whole: true })
    expect(found.slice(1).every(one => one.until < asked.until)).toBe(true)
    expect(found.map(one => one.seconds).slice(1)).toEqual([1800, 3600])
  })
  it('are the usual ones where nothing was asked for', () => {
    expect(choices(null, NOW).some(one => one.whole)).toBe(false)
    expect(choices(null, NOW).map(one => one.until)).toContain(firstChoice(null, NOW))
  })
})

describe('narrowed', () => {
  it.each<[string, Partial<Scope>, boolean]>([
    ['as asked', {}, true], ['fewer', { count: 1 }, true], ['none', { count: 0 }, false], ['more', { count: 31 }, false], ['half', { count: 1.5 }, false], ['shorter', { until: NOW + 60 }, true],
    ['longer', { until: asked.until + 1 }, false], ['over', { until: NOW }, false], ['one system', { systems: ['检验系统'] }, true], ['any system', { systems: [] }, false], ['another system', { systems: ['别的'] }, false],
    ['a kind, where any was asked for', { recordTypes: ['病程记录'] }, true],
  ])('%s', (_name, change, good) => expect(narrowed(asked, allowed(change), NOW)).toBe(good))
  it('has its own bounds where nothing was asked for', () => {
    expect(narrowed(null, allowed({ count: mostCount(null), until: NOW + 16 * 3600 }), NOW)).toBe(true)
    expect(narrowed(null, allowed({ until: NOW + 16 * 3600 + 1 }), NOW)).toBe(false)
    expect(narrowed(null, allowed({ count: 1001 }), NOW)).toBe(false)
  })
})
