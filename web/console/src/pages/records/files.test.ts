import { describe, expect, it } from 'vitest'
import { base64Of, bytesOf, certificatesOf, derOf, derOfText, pem } from './files'

const der = Uint8Array.of(0x30, 0x03, 0x02, 0x01, 0x05)
describe('DER', () => {
  it('comes as bytes, PEM, base64 or hex', () => {
    const as64 = base64Of(der)
    expect(derOf(der)).toBe(as64)
    for (const text of [pem(as64), as64, ` ${as64}\n`, '3003020105', '30 03 02\n01 05']) expect(derOfText(text)).toBe(as64)
  })
  it.each(['', 'no base64 !', 'abc', '-----BEGIN X-----'])('%s is none', text => expect(() => derOfText(text)).toThrow())
})
describe('certificates', () => {
  const block = (as64: string) => `-----BEGIN CERTIFICATE-----\n${as64}\n-----END CERTIFICATE-----\n`
  const bytes = (said: string) => new TextEncoder().encode(said)
  it('one is as it came', () => {
    for (const one of [bytes(block('AAAA')), Uint8Array.of(0x30, 0), bytes('')]) expect(certificatesOf(one)).toEqual([base64Of(one)])
  })
  it('several of a PEM are each their own', () => expect(certificatesOf(bytes(`subject=x\n${block('AAAA')}junk\n${block('BBBB')}`))).toEqual(['AAAA', 'BBBB'].map(one => base64Of(bytes(block(one))))))
})
describe('base64', () => {
  it('is there and back for all lengths', () => {
    for (const n of [0, 1, 2, 3, 7000]) {
      const bytes = Uint8Array.from({ length: n }, (_, i) => i & 255)
      expect(bytesOf(base64Of(bytes))).toEqual(bytes)
    }
  })
  it('in PEM has lines of 64', () => expect(pem('A'.repeat(130)).split('\n').map(line => line.length)).toEqual([27, 64, 64, 2, 25, 0]))
})
