import { expect, it } from 'vitest'
import { fromBase64, pemOf, toBase64 } from './octets'

it('octets go out and come back, also more than a call takes arguments', () => {
  const many = Uint8Array.from({ length: 200_001 }, (_, i) => (i * 7) & 255)
  expect(fromBase64(toBase64(many))).toEqual(many)
  expect(toBase64(new Uint8Array())).toBe('')
  expect(() => fromBase64('*')).toThrow()
})
it('PEM has lines of 64, with nothing after a full one', () => expect(pemOf('A'.repeat(128))).toBe(`-----BEGIN CERTIFICATE-----\n${'A'.repeat(64)}\n${'A'.repeat(64)}\n-----END CERTIFICATE-----\n`))
