/** Overwrites; what was transferred to the Worker is empty already. */
export function wipe(...pins: (Uint8Array | null | undefined)[]) {
  for (const pin of pins) if (pin?.byteLength) pin.fill(0)
}
export function same(a: Uint8Array, b: Uint8Array): boolean {
  let other = a.length ^ b.length
  for (let i = 0; i < Math.min(a.length, b.length); i++) other |= a[i]! ^ b[i]!
  return other === 0
}
