/** 0..n-1 in an order that nobody can foresee: Fisher and Yates, with numbers from the system's generator, none of them more likely. */
export function shuffled(n: number, byte: () => number = () => crypto.getRandomValues(new Uint8Array(1))[0]!): number[] {
  const all = Array.from({ length: n }, (_, i) => i)
  for (let i = n - 1; i > 0; i--) {
    const fair = 256 - (256 % (i + 1))
    let drawn = byte()
    while (drawn >= fair) drawn = byte()
    const j = drawn % (i + 1)
    const kept = all[i]!
    all[i] = all[j]!
    all[j] = kept
  }
  return all
}
