// Which column of a sheet is what, guessed by its heading; and the rows that the server takes, made of it.
import type { Body } from '../../api'

export type ImportRow = Body<'/v1/user-imports', 'post'>['rows'][number]
/** "attribute:<name>" and "alias:<system's id>" besides the fixed ones; "" is left out. */
export type Meaning = '' | 'staff_no' | 'name' | 'departments' | 'state' | 'certificates' | 'aliases' | 'attributes' | `attribute:${string}` | `alias:${string}`

const synonyms: [Meaning, RegExp][] = [
  ['staff_no', /^(工号|职工编?号|员工编?号|人员编?号|职工工号|员工工号|用户编?号|统一用户标识|登录名|账号|staff_?no|staff_?id|staff number|employee_?(no|id|number)|user_?id|id|no\.?)$/],
  ['name', /^(姓名|名字|职工姓名|员工姓名|人员姓名|用户姓名|真实姓名|name|full_?name|real_?name)$/],
  ['departments', /^(科室|部门|所在科室|所属科室|所属部门|科室名称|部门名称|执业科室|departments?|dept)$/],
  ['state', /^(状态|在职状态|人员状态|账号状态|是否在用|是否在职|state|status)$/],
  ['certificates', /^(证书限制|单证书|certificates)$/],
  ['aliases', /^(其他系统标识|aliases)$/],
  ['attributes', /^(属性|attributes)$/],
]
/** What the server's own export has besides: of no use here. */
const ours = /^(签章|添加时间|更新时间|修改者|seal|created|updated|updatedby)(utc.*)?$/
/** What certificates often name. */
const attributes = /^(职称|职务|岗位|学历|专业|执业证书编?号|执业证号|资格证书编?号|资格证号|医师执业证书编?号|护士执业证书编?号|title|position|licen[cs]e_?(no|number)?)$/

/** As the profiles' examples name them, so that the template's columns go into certificates. */
export const templateAttributes = ['职称', '执业证书编号']
export const suggestedAttributes = [...templateAttributes, '职务', '岗位', '资格证书编号']

const plain = (heading: string) => heading.toLowerCase().replace(/[\s*：:（）()【】[\]]/g, '')

/** Each meaning once; the first column that fits has it. */
export function guess(headings: string[]): Meaning[] {
  const taken = new Set<Meaning>()
  return headings.map(heading => {
    const name = plain(heading)
    const found = synonyms.find(([meaning, pattern]) => !taken.has(meaning) && (pattern.test(name) || pattern.test(heading.trim().toLowerCase())))?.[0]
    const meaning: Meaning = found ?? (ours.test(name) ? '' : attributes.test(name) ? `attribute:${heading.trim()}` : '')
    if (meaning && taken.has(meaning)) return ''
    taken.add(meaning)
    return meaning
  })
}

/** The row of headings: of the first ten, the one in which most is known. A title above it is passed over. */
export function headingRow(rows: string[][]): number {
  const known = rows.slice(0, 10).map(row => guess(row).filter(meaning => meaning !== '').length)
  const most = Math.max(...known)
  return most > 0 ? known.indexOf(most) : 0
}

const active = /^(active|正常|在用|启用|有效|在职|在岗|是|y|yes|true|1)$/i
const suspended = /^(suspended|停用|已停用|禁用|注销|离职|退休|否|n|no|false|0)$/i
const switches: Record<string, string> = { 按策略: 'policy', 单证书: 'single', 多证书: 'many' }

const parts = (cell: string) => cell.split(/[;；、,，\n]+/).map(one => one.trim()).filter(one => one !== '')

/** A row for the server. What a cell leaves empty is not given, so that it stays as it is; systems: their ids by name, for the export's own column. */
export function importRow(cells: string[], meanings: Meaning[], systems: Map<string, string>): ImportRow {
  const row: Record<string, unknown> = {}
  const aliases: { system: string; external_id: string }[] = []
  const named: Record<string, string> = {}
  meanings.forEach((meaning, i) => {
    const cell = (cells[i] ?? '').trim()
    if (!meaning || cell === '') return
    if (meaning === 'departments') row.departments = [...new Set(parts(cell))]
    else if (meaning === 'state') row.state = active.test(cell) ? 'active' : suspended.test(cell) ? 'suspended' : cell
    else if (meaning === 'certificates') row.certificates = switches[cell] ?? cell
    else if (meaning === 'attributes') for (const pair of parts(cell)) named[pair.split(/[:：]/)[0] ?? ''] = pair.replace(/^[^:：]*[:：]?/, '')
    else if (meaning === 'aliases') {
      for (const pair of parts(cell)) {
        const at = pair.lastIndexOf(':')
        const system = systems.get(pair.slice(0, at))
        if (system) aliases.push({ system, external_id: pair.slice(at + 1) })
      }
    } else if (meaning.startsWith('attribute:')) named[meaning.slice(10)] = cell
    else if (meaning.startsWith('alias:')) for (const external_id of parts(cell)) aliases.push({ system: meaning.slice(6), external_id })
    else row[meaning] = cell
  })
  if (aliases.length) row.aliases = aliases
  if (Object.keys(named).length) row.attributes = named
  return row as unknown as ImportRow
}
