// Files that the page makes: a text, bytes, a sheet.
import type { Cell, SheetData } from 'write-excel-file'
import { exactTime, time, zone } from '../i18n'

export function save(name: string, content: BlobPart, type = 'application/octet-stream') {
  const address = URL.createObjectURL(new Blob([content], { type }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}

/** time: the values are times of the server's (RFC 3339), written as the page shows them, in the computer's own, which the heading names; 'exact': with what they have of a second. */
export interface Column<T> { title: string; value: (row: T) => string | number | null | undefined; width?: number; time?: 'minute' | 'second' | 'exact' }
const headed = <T>(column: Column<T>): string => (column.time ? `${column.title} (${zone()})` : column.title)
function valueOf<T>(column: Column<T>, row: T): string | number | null | undefined {
  const value = column.value(row)
  return !column.time || typeof value === 'number' ? value : column.time === 'exact' ? exactTime(value) : time(value, column.time === 'second')
}

/** CSV as Excel opens it: UTF-8 with its mark. A cell that Excel would take for a formula is preceded by an apostrophe. */
export function csv<T>(columns: Column<T>[], rows: T[]): string {
  const cell = (value: string | number | null | undefined) => {
    const text = typeof value === 'number' ? String(value) : (value ?? '').replace(/^(?=[=+\-@\t\r])/, "'")
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  return '\ufeff' + [columns.map(column => cell(headed(column))), ...rows.map(row => columns.map(column => cell(valueOf(column, row))))].map(line => line.join(',')).join('\r\n') + '\r\n'
}

export async function sheet<T>(columns: Column<T>[], rows: T[]): Promise<Blob> {
  const { default: write } = await import('write-excel-file')
  const cell = (value: string | number | null | undefined): Cell =>
    value === null || value === undefined || value === '' ? null
      : typeof value === 'number' ? { type: Number, value } : { type: String, value }
  const data: SheetData = [columns.map(column => ({ value: headed(column), fontWeight: 'bold' as const })), ...rows.map(row => columns.map(column => cell(valueOf(column, row))))]
  return await write(data, { columns: columns.map(column => ({ width: column.width ?? 18 })), stickyRowsCount: 1 })
}
