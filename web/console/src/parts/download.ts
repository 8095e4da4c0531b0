// Files that the page makes: a text, bytes, a sheet.
import type { Cell, SheetData } from 'write-excel-file'

export function save(name: string, content: BlobPart, type = 'application/octet-stream') {
  const address = URL.createObjectURL(new Blob([content], { type }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}

export interface Column<T> { title: string; value: (row: T) => string | number | Date | null | undefined; width?: number }

/** CSV as Excel opens it: UTF-8 with its mark. A cell that Excel would take for a formula is preceded by an apostrophe. */
export function csv<T>(columns: Column<T>[], rows: T[]): string {
  const cell = (value: string | number | Date | null | undefined) => {
    const text = value instanceof Date ? value.toISOString() : typeof value === 'number' ? String(value) : (value ?? '').replace(/^(?=[=+\-@\t\r])/, "'")
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  return '\ufeff' + [columns.map(column => cell(column.title)), ...rows.map(row => columns.map(column => cell(column.value(row))))].map(line => line.join(',')).join('\r\n') + '\r\n'
}

export async function sheet<T>(columns: Column<T>[], rows: T[]): Promise<Blob> {
  const { default: write } = await import('write-excel-file')
  const cell = (value: string | number | Date | null | undefined): Cell =>
    value === null || value === undefined || value === '' ? null
      : value instanceof Date ? { type: Date, value, format: 'yyyy-mm-dd hh:mm:ss' } : typeof value === 'number' ? { type: Number, value } : { type: String, value }
  const data: SheetData = [columns.map(column => ({ value: column.title, fontWeight: 'bold' as const })), ...rows.map(row => columns.map(column => cell(column.value(row))))]
  return await write(data, { columns: columns.map(column => ({ width: column.width ?? 18 })), stickyRowsCount: 1 })
}
