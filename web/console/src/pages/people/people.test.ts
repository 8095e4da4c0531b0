import { describe, expect, it } from 'vitest'
import { guess, headingRow, importRow } from './columns'
import { pieces, renames, twice } from './importing'
import { compare, differing, rebase } from '../../parts/conflict'
import { changeOf, differs, formOf, said, type User } from './person'
import { csvRows, decode, FileProblem, readSheet } from './sheet'

const gbk = new Uint8Array([0xb9, 0xa4, 0xba, 0xc5, 0x2c, 0xd0, 0xd5, 0xc3, 0xfb, 0x0d, 0x0a, 0x44, 0x31, 0x2c, 0xcd, 0xf5, 0x0d, 0x0a]) // 工号,姓名 D1,王
const user: User = {
  user: '1', staff_no: 'D1', name: '王建国', departments: ['心内科'], aliases: [], attributes: { 职称: '主任医师' }, state: 'active', certificates: 'policy', seal_made: 'drawn',
  created_at: '2026-01-01T00:00:00Z', updated_at: '2026-01-01T00:00:00Z', updated_by: null, version: 1,
}

describe('a file as rows', () => {
  it('recognises the encoding', () => {
    expect(decode(gbk)).toEqual({ text: '工号,姓名\r\nD1,王\r\n', encoding: 'GB18030' })
    expect(decode(new TextEncoder().encode('工号')).encoding).toBe('UTF-8')
    expect(decode(new Uint8Array([0xff, 0xfe, 0xe5, 0x5d])).text).toBe('工')
  })
  it('reads CSV with quotes, other separators and line breaks', () => {
    expect(csvRows('a,"b ""x"" ,\n c",d\r\n1,2,3')).toEqual([['a', 'b "x" ,\n c', 'd'], ['1', '2', '3']])
    expect(csvRows('a\tb\n1\t2,3\n')).toEqual([['a', 'b'], ['1', '2,3']])
    expect(csvRows('a;b\r1;2')).toEqual([['a', 'b'], ['1', '2']])
  })
  it('reads a file of GBK', async () => expect(await readSheet(new File([gbk], 'a.csv'))).toEqual({ rows: [['工号', '姓名'], ['D1', '王']], numbers: [1, 2], encoding: 'GB18030', page: '', pages: [], merged: [], cutShort: [] }))
  it('counts rows as the sheet does, blank ones too', async () => expect((await readSheet(new File(['工号,姓名\n\nD1,王\n,\nD2,李'], 'a.csv'))).numbers).toEqual([1, 3, 5]))
  it('reads no number that a spreadsheet cut short', async () => {
    const read = await readSheet(new File(['工号,身份证号\nD1,1.10101E+17\nD2,110101199001010011\nD3,1.5E+3'], 'a.csv'))
    expect(read.rows.map(row => row[1])).toEqual(['身份证号', '', '110101199001010011', '1.5E+3'])
    expect(read.cutShort).toEqual(['B2'])
  })
  it('takes the export\'s apostrophe off again', async () => expect((await readSheet(new File(['a,b\n"\'=1","\'it"'], 'a.csv'))).rows[1]).toEqual(['=1', '\'it']))
  it.each([['empty', new Uint8Array()], ['empty', new TextEncoder().encode(',,\r\n , ')], ['noRows', new TextEncoder().encode('工号,姓名')], ['old', new Uint8Array([0xd0, 0xcf, 0x11, 0xe0, 0])],
    ['notSheet', new Uint8Array([0x50, 0x4b, 3, 4, 1, 2, 3])], ['binary', new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 0, 0])]])('refuses: %s', async (reason, bytes) => {
    await expect(readSheet(new File([bytes], 'a.csv'))).rejects.toEqual(new FileProblem(reason as FileProblem['reason']))
  })
})

describe('columns', () => {
  it('are guessed by their headings', () => {
    expect(guess(['序号', '职工编号', '员工姓名', '所属科室', '在职状态', '职称', '电话'])).toEqual(['', 'staff_no', 'name', 'departments', 'state', 'attribute:职称', ''])
    expect(guess(['Staff No', 'Full Name', 'Dept', 'title'])).toEqual(['staff_no', 'name', 'departments', 'attribute:title'])
    expect(guess(['工号 *', '姓 名', '部门（必填）', '科室'])).toEqual(['staff_no', 'name', '', 'departments'])
    expect(guess(['工号', '工号'])).toEqual(['staff_no', ''])
  })
  it('begin below a title', () => expect(headingRow([['某医院人员花名册'], ['2026 年'], ['工号', '姓名', '科室'], ['1', '2', '3']])).toBe(2))
  it('make a row, of what is there', () => {
    const meanings = guess(['工号', '姓名', '科室', '状态', '职称', '其他系统标识', '属性'])
    expect(importRow(['D1', '王', '心内科；急诊、心内科', '离职', '医师', 'HIS:7;无:8', 'a:1;b:2'], meanings, new Map([['HIS', 's1']]))).toEqual({
      staff_no: 'D1', name: '王', departments: ['心内科', '急诊'], state: 'suspended', attributes: { 职称: '医师', a: '1', b: '2' }, aliases: [{ system: 's1', external_id: '7' }] })
    expect(importRow(['D1', '', '', '也许'], meanings, new Map())).toEqual({ staff_no: 'D1', state: '也许' })
  })
})

describe('an import', () => {
  it('goes in pieces of rows and of bytes', () => {
    const rows = Array.from({ length: 450 }, (_, i) => ({ staff_no: `D${i}` }))
    expect(pieces(rows, rows.map((_, i) => i)).map(piece => piece.length)).toEqual([200, 200, 50])
    const long = Array.from({ length: 10 }, (_, i) => ({ staff_no: `D${i}`, name: 'x'.repeat(200_000) }))
    expect(pieces(long, [0, 1, 2, 3, 4, 5, 6, 7]).map(piece => piece.length)).toEqual([3, 3, 2])
  })
  it('finds who stands in it twice', () => expect([...twice([{ staff_no: 'a' }, { staff_no: 'b' }, { staff_no: 'a' }, { staff_no: '' }, { staff_no: '' }])]).toEqual([[2, 0]]))
})

describe('an update in an import', () => {
  it('says whether a name changes', () => {
    expect(renames({ changes: [{ field: 'state', before: 'active', after: 'suspended' }, { field: 'name', before: '赵晓棠', after: '张晓明' }] })).toBe(true)
    expect(renames({ changes: [{ field: 'departments', before: null, after: null }] })).toBe(false)
  })
})

describe('two who edit one person', () => {
  it('send what they changed', () => {
    const form = formOf(user)
    expect(changeOf(form, differs(formOf(user), form))).toEqual({})
    form.name = ' 王建军 '
    form.attributes.push({ name: '', value: '' }, { name: '证号', value: '1' })
    expect(changeOf(form, differs(formOf(user), form))).toEqual({ name: '王建军', attributes: { 职称: '主任医师', 证号: '1' } })
  })
  it('keep what they typed on top of the other\'s', () => {
    const mine = formOf(user)
    mine.departments = ['急诊']
    const now: User = { ...user, name: '王建军', departments: ['呼吸科'], version: 2 }
    const next = rebase(differing(said(), formOf(user), mine), mine, formOf(now))
    expect(next.name).toBe('王建军')
    expect(next.departments).toEqual(['急诊'])
    expect(differs(formOf(user), formOf(now))).toEqual(['name', 'departments'])
    expect(compare(said(), formOf(user), mine, formOf(now)).map(one => [one.theirs, one.mine, one.both])).toEqual([['王建军', null, false], ['呼吸科', '急诊', true]])
  })
})
