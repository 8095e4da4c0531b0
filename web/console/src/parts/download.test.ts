import { afterEach, describe, expect, it, vi } from 'vitest'
import { exactTime, time, zone } from '../i18n'
import { csv, sheet, type Column } from './download'

const columns = [{ title: '姓名', value: (row: string) => row }, { title: 'n', value: () => -1 }]

describe('CSV', () => {
  it('begins with its mark, and ends each line as Excel has it', () => expect(csv(columns, ['王建国'])).toBe('\ufeff姓名,n\r\n王建国,-1\r\n'))
  it('quotes what would be taken for something else', () => expect(csv(columns, ['a,b', 'say "hi"', 'two\nlines']).split('\r\n').slice(1, 4)).toEqual(['"a,b",-1', '"say ""hi""",-1', '"two\nlines",-1']))
  it('has no formulas', () => {
    for (const text of ['=1+1', '+1', '-1', '@SUM(A1)', '\tx']) expect(csv(columns, [text]).split('\r\n')[1]).toBe(`'${text},-1`)
  })
  it('leaves out what is not there', () => expect(csv([{ title: 'a', value: () => null }, { title: 'b', value: () => 0 }], [0]).split('\r\n')[1]).toBe(',0'))
})

describe('times', () => {
  const at = '2026-11-28T11:30:09.123456Z'
  const times: Column<string | null>[] = (['minute', 'second', 'exact'] as const).map(of => ({ title: '签名时间', time: of, value: row => row }))
  const were = process.env.TZ
  afterEach(() => { if (were === undefined) delete process.env.TZ; else process.env.TZ = were })
  it('are those of the page, in the computer\'s own zone, which the heading names', () => {
    process.env.TZ = 'Asia/Shanghai'
    const [heading, row, none] = csv(times, [at, null]).slice(1).split('\r\n')
    expect(heading).toBe(Array(3).fill('签名时间 (UTC+08:00)').join(','))
    expect(row).toBe(`${time(at)},${time(at, true)},${exactTime(at)}`)
    expect(row).toBe('2026-11-28 19:30,2026-11-28 19:30:09,2026-11-28 19:30:09.123456')
    expect(none).toBe(',,')
  })
  it('name a zone whose offset changes, and those of half an hour', () => {
    process.env.TZ = 'Europe/Berlin'
    expect(zone()).toBe('Europe/Berlin')
    process.env.TZ = 'America/Caracas'
    expect(zone()).toBe('UTC-04:00')
    process.env.TZ = 'Asia/Kolkata'
    expect(zone()).toBe('UTC+05:30')
  })
  it('stand in the sheet as in the CSV', async () => {
    process.env.TZ = 'Asia/Shanghai'
    const written: unknown[] = []
    vi.doMock('write-excel-file', () => ({ default: (data: unknown) => { written.push(data); return new Blob() } }))
    await sheet(times.slice(1, 2), [at])
    expect(written).toEqual([[[{ value: '签名时间 (UTC+08:00)', fontWeight: 'bold' }], [{ type: String, value: '2026-11-28 19:30:09' }]]])
  })
})
