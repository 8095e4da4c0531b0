import { createRequire } from 'node:module'
import { strToU8, zipSync } from 'fflate'
import { expect, it, vi } from 'vitest'
import { readSheet } from './sheet'
import { plainCells } from './workbook'

// The browser's, as the reader knows it outside browsers.
const reader = createRequire(createRequire(import.meta.url).resolve('read-excel-file'))
vi.stubGlobal('DOMParser', (reader('@xmldom/xmldom') as { DOMParser: unknown }).DOMParser)

const NS = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main', REL = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const text = (ref: string, value: string) => `<c r="${ref}" t="inlineStr"><is><t>${value}</t></is></c>`
const row = (n: number, ...cells: string[]) => `<row r="${n}">${cells.join('')}</row>`
interface Made { name: string; rows: string; merged?: string[]; hidden?: boolean }
function workbook(...pages: Made[]): File {
  const parts: Record<string, string> = {
    'xl/workbook.xml': `<workbook xmlns="${NS}" xmlns:r="${REL}"><sheets>${pages.map((one, i) => `<sheet name="${one.name}" sheetId="${i + 1}"${one.hidden ? ' state="hidden"' : ''} r:id="rId${i + 1}"/>`).join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${pages.map((_, i) => `<Relationship Id="rId${i + 1}" Type="${REL}/worksheet" Target="${i % 2 ? '/xl/' : ''}worksheets/sheet${i + 1}.xml"/>`).join('')}</Relationships>`,
  }
  pages.forEach((one, i) => {
    parts[`xl/worksheets/sheet${i + 1}.xml`] = `<worksheet xmlns="${NS}"><dimension ref="A1"/><sheetData>${one.rows}</sheetData>${one.merged ? `<mergeCells count="${one.merged.length}">${one.merged.map(ref => `<mergeCell ref="${ref}"/>`).join('')}</mergeCells>` : ''}</worksheet>`
  })
  return new File([zipSync(Object.fromEntries(Object.entries(parts).map(([path, xml]) => [path, strToU8(xml)]))) as BlobPart], 'hr.xlsx')
}

it('cells that say their type and hold nothing are empty, whatever program wrote them', async () => {
  const read = await readSheet(workbook({ name: '人员', rows: row(1, text('A1', '工号'), text('B1', '姓名'), text('C1', '科室'))
    + row(2, text('A2', 'D1'), '<c r="B2" t="inlineStr"/>', '<c r="C2" t="inlineStr"><is/></c>') + row(3, text('A3', 'D2'), '<c r="B3" s="0" t="s"/>', '<c r="C3" t="str"><f>A3</f></c>')
    + row(4, text('A4', 'D3'), '<c r="B4" t="inlineStr"><is><r><rPr><b/></rPr><t>王</t></r><r><t xml:space="preserve">建国</t></r></is></c>', '<c r="C4"><f>1+1</f><v></v></c>') }))
  expect(read.rows.map(one => one.map(cell => cell))).toEqual([['工号', '姓名', '科室'], ['D1', '', ''], ['D2', '', ''], ['D3', '王建国', '']])
})

it('cells that hold something stay as they are', () => {
  const cells = '<cols><col min="1" max="2"/></cols><c r="A1" t="s"><v>0</v></c><c r="B1"><f>1+1</f><v>2</v></c><c r="C1" s="1"/>'
  expect(plainCells(cells)).toBe(cells)
})

it('rows keep the numbers that the sheet gives them, and merged cells are filled down', async () => {
  const read = await readSheet(workbook({ name: '人员', merged: ['A1:C1', 'C3:C7', 'B9:B10'], rows: row(1, text('A1', '花名册')) + row(2, text('A2', '工号'), text('B2', '姓名'), text('C2', '科室'))
    + row(3, text('A3', 'D1'), text('B3', '王'), text('C3', '心内科')) + row(5, text('A5', 'D2'), text('B5', '李')) + row(7, text('A7', 'D3')) + row(9, text('A9', 'D4'), text('C9', '骨科')) }))
  expect(read.rows.slice(2)).toEqual([['D1', '王', '心内科'], ['D2', '李', '心内科'], ['D3', '', '心内科'], ['D4', '', '骨科']])
  expect(read.numbers).toEqual([1, 2, 3, 5, 7, 9])
  expect(read.merged).toEqual(['C3:C7'])
})

it('of several sheets the first one with rows is read, unless another is asked for; hidden ones are not offered', async () => {
  const people = (who: string) => row(1, text('A1', '工号')) + row(2, text('A2', who))
  const file = workbook({ name: '说明', rows: row(1, text('A1', '请看下一页')) }, { name: '选项', rows: people('x'), hidden: true }, { name: '医生 &amp; 护士', rows: people('D1') }, { name: '行政', rows: people('A1') })
  const first = await readSheet(file)
  expect([first.page, first.pages, first.rows[1]]).toEqual(['医生 & 护士', ['说明', '医生 & 护士', '行政'], ['D1']])
  expect((await readSheet(file, '行政')).rows[1]).toEqual(['A1'])
})

it('a number of more digits than a spreadsheet keeps is not read, and told', async () => {
  const read = await readSheet(workbook({ name: '人员', rows: row(1, text('A1', '工号'), text('AB1', '身份证号')) + row(2, text('A2', 'D1'), '<c r="AB2"><v>1.10101199001010E+17</v></c>')
    + row(3, text('A3', 'D2'), '<c r="AB3"><v>999999999999999</v></c>') }))
  expect(read.rows.slice(1).map(one => one[27])).toEqual(['', '999999999999999'])
  expect(read.cutShort).toEqual(['AB2'])
})

it('a cell at the end of the world makes no table of millions', async () => {
  const people = row(1, text('A1', '工号')) + row(2, text('A2', 'D1'), text('XFD2', 'x'))
  expect((await readSheet(workbook({ name: '人员', rows: people + row(1048576, '<c r="B1048576" s="1"/>') }))).rows).toEqual([['工号'], ['D1']])
  await expect(readSheet(workbook({ name: '人员', rows: people + row(1048576, text('A1048576', 'D2')) }))).rejects.toThrow('rows')
})
