import { describe, expect, it } from 'vitest'
import { csv } from './download'

const columns = [{ title: '姓名', value: (row: string) => row }, { title: 'n', value: () => -1 }]

describe('CSV', () => {
  it('begins with its mark, and ends each line as Excel has it', () => expect(csv(columns, ['王建国'])).toBe('\ufeff姓名,n\r\n王建国,-1\r\n'))
  it('quotes what would be taken for something else', () => expect(csv(columns, ['a,b', 'say "hi"', 'two\nlines']).split('\r\n').slice(1, 4)).toEqual(['"a,b",-1', '"say ""hi""",-1', '"two\nlines",-1']))
  it('has no formulas', () => {
    for (const text of ['=1+1', '+1', '-1', '@SUM(A1)', '\tx']) expect(csv(columns, [text]).split('\r\n')[1]).toBe(`'${text},-1`)
  })
  it('leaves out what is not there, and writes times as they are', () => {
    expect(csv([{ title: 'a', value: () => null }, { title: 'b', value: () => new Date(0) }], [0]).split('\r\n')[1]).toBe(',1970-01-01T00:00:00.000Z')
  })
})
