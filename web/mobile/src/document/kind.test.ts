import { describe, expect, it } from 'vitest'
import { decodeText, groups, kindOf, layOutJson, legible, size } from './kind'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('kindOf', () => {
  it.each([
    ['application/pdf', 'pdf'], ['Application/PDF; version=1.7', 'pdf'], ['text/plain; charset=utf-8', 'text'], ['text/html', 'html'], ['application/xhtml+xml', 'html'], ['application/xml', 'xml'], ['text/xml', 'xml'], ['application/cda+xml', 'xml'], ['text/csv', 'text'],
    ['application/fhir+json', 'json'], ['x-application/hl7-v2+er7', 'text'], ['image/png', 'image'], ['image/svg+xml', 'other'], ['image/tiff', 'other'], ['application/dicom', 'other'], ['', 'other'],
  ])('%s is %s', (type, kind) => expect(kindOf(type)).toBe(kind))
})

describe('decodeText', () => {
  it('takes UTF-8, with and without its mark, and UTF-16 by its mark', () => {
    expect(decodeText(bytes('体温'))).toBe('体温')
    expect(decodeText(bytes('\ufeff体温'))).toBe('体温')
    expect(decodeText(Uint8Array.of(0xff, 0xfe, 0x53, 0x4f))).toBe('体')
  })
  it('takes GB 18030 where it is no UTF-8', () => expect(decodeText(Uint8Array.of(0xcc, 0xe5, 0xce, 0xc2))).toBe('体温'))
  it('is null for what is no text', () => expect(decodeText(Uint8Array.of(0, 1, 2, 3))).toBeNull())
})

describe('legible', () => {
  it('ends lines as HL7 does', () => expect(legible('MSH|\rPID|\r\nOBX|')).toBe('MSH|\nPID|\nOBX|'))
  it('shows what is invisible or turns the order', () => expect(legible('10\u202e01\u200bmg\u0007')).toBe('10⟦U+202E⟧01⟦U+200B⟧mg⟦U+0007⟧'))
  it('leaves text alone', () => expect(legible('体温\t36.8 ℃，é\n')).toBe('体温\t36.8 ℃，é\n'))
})

describe('layOutJson', () => {
  it('breaks lines between tokens only', () => expect(layOutJson('{"a":[1.0,{}],"b":"x, {y}: \\"z\\""}')).toBe('{\n  "a": [\n    1.0,\n    {}\n  ],\n  "b": "x, {y}: \\"z\\""\n}'))
  it('keeps every other character, also of what is no JSON', () => {
    for (const text of ['{"a":1e400,"a":2}', '}}]]', '{"a":"unfinished', '[[[[', '{"v": 6.10 ,\n "e":[ ]}']) expect(layOutJson(text).replace(/\s/g, '')).toBe(text.replace(/\s/g, ''))
  })
})

it('says sizes', () => expect([0, 1023, 1024, 48211, 5 * 1024 * 1024].map(size)).toEqual(['0 B', '1023 B', '1.0 KB', '47 KB', '5.0 MB']))
it('groups digests', () => expect(groups('a1b2c3d4e5f60718')).toBe('a1b2c3d4 e5f60718'))
