// IP addresses and networks as people write them, read as the server reads them: to say what is wrong before it is sent.

export interface Network { v4: boolean; base: bigint; bits: number }

function v4(text: string): bigint | null {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every(part => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) return null
  return parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n)
}

/** Eight groups of hexadecimal digits, one run of zeros as "::", the last two groups perhaps as IPv4 (RFC 4291 2.2). */
function v6(text: string): bigint | null {
  const halves = text.split('::')
  if (halves.length > 2) return null
  const groups = (half: string): bigint[] | null => {
    if (half === '') return []
    const out: bigint[] = []
    const parts = half.split(':')
    for (const [at, part] of parts.entries()) {
      const low = at === parts.length - 1 && part.includes('.') ? v4(part) : null
      if (low !== null) out.push(low >> 16n, low & 0xffffn)
      else if (/^[0-9a-f]{1,4}$/i.test(part)) out.push(BigInt(`0x${part}`))
      else return null
    }
    return out
  }
  const head = groups(halves[0] ?? '')
  const tail = halves.length === 2 ? groups(halves[1] ?? '') : []
  if (!head || !tail) return null
  const zeros = 8 - head.length - tail.length
  if (halves.length === 2 ? zeros < 1 : zeros !== 0) return null
  return [...head, ...Array<bigint>(zeros).fill(0n), ...tail].reduce((sum, group) => (sum << 16n) | group, 0n)
}

/** An IPv4 address in IPv6's notation is that IPv4 address. */
export function readAddress(text: string): Network | null {
  const four = v4(text)
  if (four !== null) return { v4: true, base: four, bits: 32 }
  const six = text.includes(':') ? v6(text) : null
  if (six === null) return null
  return six >> 32n === 0xffffn ? { v4: true, base: six & 0xffffffffn, bits: 32 } : { v4: false, base: six, bits: 128 }
}

/** "10.1.0.0/16", "2001:db8::/32", an address alone. Wrong: what is not one, and one with bits beyond its prefix. */
export function readNetwork(text: string): { network: Network } | { wrong: 'form' | 'bits' } {
  const [at = '', prefix, ...rest] = text.split('/')
  const address = readAddress(at)
  if (!address || rest.length || (prefix !== undefined && !/^(0|[1-9]\d{0,2})$/.test(prefix))) return { wrong: 'form' }
  const bits = prefix === undefined ? address.bits : Number(prefix)
  if (bits > address.bits) return { wrong: 'form' }
  const beyond = BigInt(address.bits - bits)
  return (address.base >> beyond) << beyond === address.base ? { network: { ...address, bits } } : { wrong: 'bits' }
}

/** An IPv4 address lies in IPv4 networks only. */
export function has(network: Network, address: Network): boolean {
  const beyond = BigInt((network.v4 ? 32 : 128) - network.bits)
  return network.v4 === address.v4 && network.base >> beyond === address.base >> beyond
}

/** Whether the network that is written in `text` has the address. */
export function covers(text: string, address: string): boolean {
  const read = readNetwork(text)
  const from = readAddress(address)
  return 'network' in read && from !== null && has(read.network, from)
}
