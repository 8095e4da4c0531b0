// An .xlsx as it comes from programs that are not Excel: what the reader would stumble over is taken out of its XML before, and what it passes over (merged cells) is found there.
import type { Unzipped, UnzipFileInfo } from 'fflate'

const UNPACKED_MAX = 64 << 20
/** Below it nobody's data stands: a cell there would make a table of millions. */
const FAR_ROW = 100_000

/** A merged range: from its first row to its last (from 1), in its first column (from 0). */
export interface Merged { ref: string; first: number; last: number; column: number }
export interface Page { name: string; hidden: boolean; merged: Merged[] }
export interface Workbook { pages: Page[]; rows: (page: string) => Promise<unknown[][]> }

/** A cell that says of what type it is and holds nothing (openpyxl's empty text, a formula that nobody computed). */
const EMPTY = /<((?:\w+:)?c)\b([^>]*?)(?:\/>|>\s*(?:<(?:\w+:)?f\b[^>]*?(?:\/>|>[^<]*<\/(?:\w+:)?f>)\s*)?(?:<(?:\w+:)?(?:is|v)\s*(?:\/>|>\s*<\/(?:\w+:)?(?:is|v)>)\s*)?<\/\1>)/g
/** An inline text in runs, each with its own font. */
const RUNS = /<((?:\w+:)?)is>\s*<\1r>([\s\S]*?)<\/\1is>/g
/** The extent that a program claims may leave out what is there, or be all of the sheet. */
const EXTENT = /<(?:\w+:)?dimension\b[^>]*?(?:\/>|>\s*<\/(?:\w+:)?dimension>)/

export const plainCells = (xml: string): string => xml.replace(EXTENT, '').replace(EMPTY, (_, tag: string, attributes: string) => `<${tag}${attributes.replace(/\st="[^"]*"/, '')}/>`)
  .replace(RUNS, (_, prefix: string, runs: string) => `<${prefix}is><${prefix}t>${[...runs.matchAll(/<(?:\w+:)?t(?:\s[^>]*)?>([^<]*)<\//g)].map(one => one[1]).join('')}</${prefix}t></${prefix}is>`)

const columnOf = (letters: string) => [...letters].reduce((n, letter) => n * 26 + letter.charCodeAt(0) - 64, 0) - 1
const CELL = /<((?:\w+:)?c)\b[^>]*?\sr="([A-Z]{1,3})(\d{1,7})"(?:[^>]*?\/>|[^>]*>[\s\S]*?<\/\1>)/g
/** What is far off goes, but for what stands below all that could be data: RangeError. */
export const nearCells = (xml: string, columns: number): string => xml.replace(CELL, (cell, _, letters: string, row: string) => {
  const below = Number(row) > FAR_ROW
  if (columnOf(letters) >= columns || (below && cell.endsWith('/>'))) return ''
  if (below) throw new RangeError(`row ${row}`)
  return cell
})
/** Those that reach over more than one row. */
export const mergedIn = (xml: string): Merged[] => [...xml.matchAll(/<(?:\w+:)?mergeCell\b[^>]*?\sref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"/g)]
  .map(([, column, first, end, last]) => ({ ref: `${column}${first}:${end}${last}`, first: Number(first), last: Number(last), column: columnOf(column as string) })).filter(one => one.last > one.first)

/** Where nothing stands below the first row of a merged range, what stands in that. A row that is blank but for this stays blank. */
export function fillDown(rows: string[][], merged: Merged[]) {
  const blank = rows.map(row => row.every(cell => cell === ''))
  for (const one of merged) {
    const value = rows[one.first - 1]?.[one.column]
    if (!value) continue
    for (let i = one.first; i < Math.min(one.last, rows.length); i++) {
      const row = rows[i] as string[]
      if (blank[i] || row[one.column]) continue
      while (row.length < one.column) row.push('')
      row[one.column] = value
    }
  }
}

const attribute = (tag: string, name: string) => new RegExp(`\\s(?:\\w+:)?${name}="([^"]*)"`).exec(tag)?.[1] ?? ''
const tags = (xml: string, name: string) => [...xml.matchAll(new RegExp(`<(?:\\w+:)?${name}\\s[^>]*>`, 'g'))].map(one => one[0])

/** columns: so many are read. Throws where it is none, RangeError where it has rows beyond all measure. */
export async function openWorkbook(bytes: Uint8Array, columns: number): Promise<Workbook> {
  const { strFromU8, strToU8, unzipSync, zipSync } = await import('fflate')
  const { default: read, readSheetNames } = await import('read-excel-file')
  let total = 0
  const texts = (info: UnzipFileInfo) => /\.(xml|rels)$/i.test(info.name) && (total += info.originalSize) <= UNPACKED_MAX
  const parts: Unzipped = unzipSync(bytes, { filter: texts })
  const part = (path: string) => (parts[path] ? strFromU8(parts[path]) : '')
  const targets = new Map(tags(part('xl/_rels/workbook.xml.rels'), 'Relationship').map(one => [attribute(one, 'Id'), attribute(one, 'Target')]))
  const found = tags(part('xl/workbook.xml'), 'sheet').map(one => {
    const target = targets.get(/\s\w+:id="([^"]*)"/.exec(one)?.[1] ?? '') ?? ''
    const path = target.startsWith('/') ? target.slice(1) : `xl/${target}`
    const xml = part(path)
    if (xml) parts[path] = strToU8(nearCells(plainCells(xml), columns))
    return { hidden: /\sstate="(hidden|veryHidden)"/.test(one), merged: mergedIn(xml) }
  })
  const packed = zipSync(parts, { level: 0 }).buffer as ArrayBuffer
  const names = await readSheetNames(packed)
  return {
    pages: names.map((name, i) => ({ name, hidden: found[i]?.hidden ?? false, merged: found[i]?.merged ?? [] })),
    rows: page => read(packed, { sheet: page }),
  }
}
