// What two definitions differ in, line by line (longest common subsequence; definitions have a few hundred lines).
export interface Line { kind: 'same' | 'gone' | 'new'; text: string }

export function difference(before: unknown, after: unknown): Line[] {
  const a = lines(before), b = lines(after)
  const common = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0))
  const at = (i: number, k: number) => common[i]?.[k] ?? 0
  for (let i = a.length - 1; i >= 0; i--)
    for (let k = b.length - 1; k >= 0; k--) {
      const row = common[i]
      if (row) row[k] = a[i] === b[k] ? at(i + 1, k + 1) + 1 : Math.max(at(i + 1, k), at(i, k + 1))
    }
  const found: Line[] = []
  let i = 0, k = 0
  while (i < a.length || k < b.length) {
    if (i < a.length && k < b.length && a[i] === b[k]) { found.push({ kind: 'same', text: a[i] ?? '' }); i++; k++ }
    else if (i < a.length && (k === b.length || at(i + 1, k) >= at(i, k + 1))) found.push({ kind: 'gone', text: a[i++] ?? '' })
    else found.push({ kind: 'new', text: b[k++] ?? '' })
  }
  return found
}
const lines = (value: unknown): string[] => (value === undefined ? [] : JSON.stringify(value, null, 2).split('\n'))
