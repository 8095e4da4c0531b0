import { describe, expect, it } from 'vitest'
import { difference } from './diff'
import { attributesOf, definitionOf, empty, extension, fitting, formOf, leftOut, ownOid, presets, type Definition } from './profiles'

describe('a definition and its form', () => {
  it('a form gives the definition that it was made of', () => {
    const definition = {
      validity_days: 730, key_usage: { bits: ['nonRepudiation' as const], critical: false }, extended_key_usage: { purposes: ['1.2.3'], critical: true },
      subject: [{ attribute: 'CN' as const, value: '{name}' }, { attribute: 'serialNumber' as const, value: '{staff_no}', missing: 'refuse' as const }],
      extensions: [
        { oid: '1.2.3', type: 'PrintableString' as const, critical: true, tag: 0, value: '{attribute:x}', missing: 'refuse' as const }, { oid: '1.2.4', type: 'NULL' as const },
        { oid: '1.2.5', type: 'SEQUENCE OF UTF8String' as const, values: ['a', '{name}'] }, { oid: '2.5.29.32', type: 'DER' as const, value: 'BQA=' },
      ],
    }
    expect(definitionOf(formOf(definition))).toEqual(definition)
  })
  it('what is usual is not written', () => {
    expect(definitionOf(empty())).toEqual({
      key_usage: { bits: ['digitalSignature', 'nonRepudiation'], critical: true },
      subject: [{ attribute: 'C', value: 'CN' }, { attribute: 'O', value: '{organisation}' }, { attribute: 'CN', value: '{name}' }, { attribute: 'serialNumber', value: '{staff_no}' }],
    })
  })
  it('a type without placeholders refuses nobody', () => {
    const form = { ...empty(), extensions: [extension({ oid: ' 1.2.3 ', critical: false, type: 'NULL', tag: '', value: 'left over', values: '', refuse: true })] }
    expect(definitionOf(form).extensions).toEqual([{ oid: '1.2.3', type: 'NULL' }])
  })
  it('an object identifier of the hospital\'s own is a random UUID\'s', () => {
    const one = BigInt(ownOid().replace(/^2\.25\./, ''))
    expect((one >> 76n) & 0xfn).toBe(4n)
    expect((one >> 62n) & 3n).toBe(2n)
    expect(ownOid()).not.toBe(ownOid())
  })
  it('the examples have names and object identifiers of their own', () => {
    expect(new Set(presets.map(one => one.extension.oid)).size).toBe(presets.length)
    expect(new Set(presets.map(one => one.name)).size).toBe(presets.length)
  })
})

describe('differences', () => {
  it('of the same there are none', () => expect(difference({ a: 1 }, { a: 1 }).every(one => one.kind === 'same')).toBe(true))
  it('lines that went and that came', () => {
    expect(difference({ a: 1, b: 2 }, { a: 1, b: 3 }).filter(one => one.kind !== 'same')).toEqual([{ kind: 'gone', text: '  "b": 2' }, { kind: 'new', text: '  "b": 3' }])
    expect(difference(undefined, { a: 1 }).every(one => one.kind === 'new')).toBe(true)
    expect(difference([1, 2, 3], [1, 3]).filter(one => one.kind === 'gone')).toEqual([{ kind: 'gone', text: '  2,' }])
  })
})

describe('the attributes that a definition names', () => {
  const definition: Definition = {
    key_usage: { bits: ['digitalSignature'] }, subject: [{ attribute: 'OU', value: '{department}' }, { attribute: 'title', value: '{attribute:职称}·{attribute:岗位}' }],
    extensions: [{ oid: '1.2.3', type: 'UTF8String', value: '{attribute:身份证号}' }, { oid: '1.2.4', type: 'SEQUENCE OF UTF8String', values: ['a', '{attribute:职称}'] }, { oid: '1.2.5', type: 'DER', value: 'BQA=' }],
  }
  it('each once', () => expect(attributesOf(definition)).toEqual(['职称', '岗位', '身份证号']))
  it('what is left out is named, with what is missing', () => {
    const none = () => false
    expect(leftOut(definition, 'definition.subject.0', none)).toEqual({ item: 'OU', missing: ['department'] })
    expect(leftOut(definition, 'definition.subject.1', name => name === '职称')).toEqual({ item: 'title', missing: ['岗位'] })
    expect(leftOut(definition, 'definition.extensions.0', none)).toEqual({ item: '1.2.3', missing: ['身份证号'] })
    expect(leftOut(definition, 'definition.extensions.1', none)).toEqual({ item: '1.2.4', missing: ['职称'] })
    expect(leftOut(definition, 'definition.extensions.9', none)).toEqual({ item: 'definition.extensions.9', missing: [] })
  })
  it('an example takes the name that the hospital has', () => {
    expect(fitting('{attribute:身份证号}', ['职称', '身份证号码'])).toBe('{attribute:身份证号码}')
    expect(fitting('{attribute:身份证号}', ['身份证号码', '身份证号'])).toBe('{attribute:身份证号}')
    expect(fitting('{attribute:身份证号}', ['身份', '证号'])).toBe('{attribute:身份证号}')
    expect(fitting('{name}', ['name'])).toBe('{name}')
  })
})
