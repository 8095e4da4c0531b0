// What the check of the audit log found wrong, in words of the reader: the log's own are those of whoever keeps the server's log.

const kinds: [name: string, said: RegExp][] = [
  ['unnumbered', /^there is a row whose sequence is no number from 1 on$/],
  ['missing', /^row (\d+) is missing: row (-?\d+) comes next$/],
  ['changed', /^row (\d+) was changed: its fields do not give its recorded hash$/],
  ['cut', /^the head records (\d+) rows, but those after row (\d+) are missing$/],
  ['beyond', /^the head records (\d+) rows, but there is a row (\d+)$/],
  ['replaced', /^the rows do not give the recorded root: some were replaced together with their hashes$/],
  ['summary', /^the search's summary of the rows from (\d+) to (\d+) is not what they give$/],
  ['noSummary', /^the search's summaries of the rows \(audit_block\) cannot be read$/],
  ['noHead', /^the recorded head is missing$/],
  ['badHead', /^the recorded head has no valid form$/],
  ['otherKey', /^the recorded head was not written with this master key$/],
]
/** Its name under system.finding, and its numbers; null where it is none that is known. */
export function findingOf(said: string): { name: string; a: string; b: string } | null {
  for (const [name, form] of kinds) {
    const found = form.exec(said)
    if (found) return { name, a: found[1] ?? '', b: found[2] ?? '' }
  }
  return null
}
export const findings = kinds.map(([name]) => name)
