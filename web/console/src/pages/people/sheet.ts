// A file as rows of texts: .xlsx, or CSV in whatever encoding a hospital's computer wrote it.
import { fillDown, openWorkbook, type Merged } from './workbook'

export const FILE_MAX = 20 << 20
export const ROWS_MAX = 20_000
export const COLUMNS_MAX = 60

/** Why a file cannot be used: a name below people.file. */
export class FileProblem extends Error {
  constructor(readonly reason: 'empty' | 'large' | 'old' | 'notSheet' | 'binary' | 'rows' | 'noRows') { super(reason) }
}

const starts = (bytes: Uint8Array, ...magic: number[]) => magic.every((value, i) => bytes[i] === value)

/** UTF-8 (with or without a mark), UTF-16 with a mark (Excel's "Unicode text"), else GB18030, of which GBK and GB2312 are parts. */
export function decode(bytes: Uint8Array): { text: string; encoding: string } {
  if (starts(bytes, 0xff, 0xfe)) return { text: new TextDecoder('utf-16le').decode(bytes), encoding: 'UTF-16' }
  if (starts(bytes, 0xfe, 0xff)) return { text: new TextDecoder('utf-16be').decode(bytes), encoding: 'UTF-16' }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), encoding: 'UTF-8' }
  } catch {
    return { text: new TextDecoder('gb18030').decode(bytes), encoding: 'GB18030' }
  }
}

/** RFC 4180, with the separator that the first line has most of. */
export function csvRows(text: string): string[][] {
  const line = text.slice(0, (text.search(/[\r\n]/) + 1 || text.length + 1) - 1)
  const separator = [',', '\t', ';'].map(one => ({ one, n: line.split(one).length })).sort((a, b) => b.n - a.n)[0]?.one ?? ','
  const rows: string[][] = []
  let row: string[] = [], cell = '', quoted = false
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string
    if (quoted) {
      if (c !== '"') cell += c
      else if (text[i + 1] === '"') { cell += '"'; i++ } else quoted = false
    } else if (c === '"' && cell === '') quoted = true
    else if (c === separator) { row.push(cell); cell = '' }
    else if (c === '\n' || c === '\r') {
      if (c === '\r' && text[i + 1] === '\n') i++
      rows.push([...row, cell])
      row = []
      cell = ''
    } else cell += c
  }
  if (cell !== '' || row.length) rows.push([...row, cell])
  return rows
}

const two = (n: number) => String(n).padStart(2, '0')
/** A cell as it reads. The export's apostrophe before what would be a formula goes again. */
function cellText(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (value instanceof Date) return `${value.getUTCFullYear()}-${two(value.getUTCMonth() + 1)}-${two(value.getUTCDate())}`
  return String(value).replace(/[\u200b-\u200f\u2028-\u202e\ufeff]/g, '').replace(/\u00a0|\u3000/g, ' ').trim().replace(/^'(?=\s*[=+\-@])/, '')
}

/** numbers: of each row, as the spreadsheet counts. pages: what the workbook has, of which page is the one that was read; merged: whose ranges were filled down. */
export interface Sheet {
  rows: string[][]; numbers: number[]; encoding: string; page: string; pages: string[]; merged: string[]
  /** Cells that held a number of more digits than a spreadsheet keeps (an identity number that was no text): what stands there is not what was typed, and is not read. */
  cutShort: string[]
}

/** 16 digits and more; of a CSV that a spreadsheet wrote, in its notation. */
const isCutShort = (value: unknown) => (typeof value === 'number' ? Math.abs(value) >= 1e15 : typeof value === 'string' && /^\s*\d(\.\d+)?E\+(1[5-9]|[2-9]\d)\s*$/i.test(value))
const letters = (column: number): string => (column < 26 ? '' : letters(Math.floor(column / 26) - 1)) + String.fromCharCode(65 + column % 26)

function sheetOf(rows: unknown[][], merged: Merged[], more: Pick<Sheet, 'encoding' | 'page' | 'pages'>): Sheet {
  const cutShort: string[] = []
  const texts = rows.map((row, i) => row.slice(0, COLUMNS_MAX).map((value, k) => {
    if (!isCutShort(value)) return cellText(value)
    cutShort.push(letters(k) + String(i + 1))
    return ''
  }))
  fillDown(texts, merged)
  const kept = texts.map((row, i) => ({ row, number: i + 1 })).filter(one => one.row.some(cell => cell !== ''))
  return { rows: kept.map(one => one.row), numbers: kept.map(one => one.number), merged: merged.filter(one => one.column < COLUMNS_MAX && texts[one.first - 1]?.[one.column]).map(one => one.ref), cutShort, ...more }
}

/** The page that is asked for; else the first that somebody can see and that has rows. */
async function readWorkbook(bytes: Uint8Array, wanted: string | undefined): Promise<Sheet> {
  try {
    const book = await openWorkbook(bytes, COLUMNS_MAX)
    const seen = book.pages.filter(one => !one.hidden), pages = seen.length ? seen : book.pages
    const names = pages.map(one => one.name)
    let last: Sheet | null = null
    for (const page of pages.filter(one => wanted === undefined || one.name === wanted)) {
      last = sheetOf(await book.rows(page.name), page.merged, { encoding: 'Excel', page: page.name, pages: names })
      if (last.rows.length > 1) break
    }
    if (!last) throw new FileProblem('notSheet')
    return last
  } catch (error) { throw error instanceof FileProblem ? error : new FileProblem(error instanceof RangeError ? 'rows' : 'notSheet') }
}

/** Throws FileProblem. */
export async function readSheet(file: File, page?: string): Promise<Sheet> {
  if (file.size === 0) throw new FileProblem('empty')
  if (file.size > FILE_MAX) throw new FileProblem('large')
  const bytes = new Uint8Array(await file.arrayBuffer())
  let read: Sheet
  if (starts(bytes, 0xd0, 0xcf, 0x11, 0xe0)) throw new FileProblem('old')
  if (starts(bytes, 0x50, 0x4b, 0x03, 0x04)) {
    read = await readWorkbook(bytes, page)
  } else {
    if (!starts(bytes, 0xff, 0xfe) && !starts(bytes, 0xfe, 0xff) && bytes.subarray(0, 4096).includes(0)) throw new FileProblem('binary')
    const decoded = decode(bytes)
    if (/[\u0001-\u0008\u000e-\u001f]/.test(decoded.text.slice(0, 4096))) throw new FileProblem('binary')
    read = sheetOf(csvRows(decoded.text.replace(/^\ufeff/, '')), [], { encoding: decoded.encoding, page: '', pages: [] })
  }
  if (read.rows.length === 0) throw new FileProblem('empty')
  if (read.rows.length === 1) throw new FileProblem('noRows')
  if (read.rows.length > ROWS_MAX + 1) throw new FileProblem('rows')
  return read
}
