import { describe, expect, it } from 'vitest'
import { covers, readAddress, readNetwork } from './network'

describe('networks', () => {
  it.each(['10.1.0.0/16', '192.0.2.7', '192.0.2.7/32', '0.0.0.0/0', '2001:db8::/32', '::/0', '::1', '1:2:3:4:5:6:7:8', 'fe80::1:0:0', '64:ff9b::192.0.2.1'])('%s is one', text => {
    expect(readNetwork(text)).toHaveProperty('network')
  })
  it.each([['', 'form'], ['10.1.0.0/33', 'form'], ['10.1.0/16', 'form'], ['10.1.0.0/', 'form'], ['010.1.0.0/16', 'form'], ['256.1.1.1', 'form'], ['hospital', 'form'], ['::1/129', 'form'], ['1::2::3', 'form'],
    ['1:2:3:4:5:6:7', 'form'], ['1:2:3:4:5:6:7:8:9', 'form'], ['10.1.0.0/16/8', 'form'], ['12345::', 'form'], ['10.1.2.3/16', 'bits'], ['2001:db8::1/32', 'bits']])('%s is none: %s', (text, wrong) => {
    expect(readNetwork(text)).toEqual({ wrong })
  })
  it('have the addresses of their own kind', () => {
    expect(covers('10.1.0.0/16', '10.1.255.255')).toBe(true)
    expect(covers('10.1.0.0/16', '10.2.0.0')).toBe(false)
    expect(covers('::/0', '10.1.0.0')).toBe(false)
    expect(covers('0.0.0.0/0', '::ffff:10.1.0.0')).toBe(true)
    expect(covers('2001:db8::/32', '2001:db8:ffff::1')).toBe(true)
    expect(covers('10.1.2.3', '10.1.2.3')).toBe(true)
    expect(covers('nonsense', '10.1.2.3')).toBe(false)
    expect(readAddress('nonsense')).toBeNull()
  })
})
