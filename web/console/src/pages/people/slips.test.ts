import { readFileSync } from 'node:fs'
import { zipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { Problem } from '../../api'
import { presets } from '../certificates/profiles'
import { readArchive } from './archive'
import { guess, suggestedAttributes, templateAttributes } from './columns'
import { enrolAddress, hasDevice, inOrder, isOperators, isOver } from './slips'

describe('slips with activation codes', () => {
  it('lead to the app, the staff number filled in', () => {
    expect(enrolAddress('https://sign.hospital.example', 'D1001')).toBe('https://sign.hospital.example/app/#/enrol?by=code&staff_no=D1001')
    expect(enrolAddress('https://sign.hospital.example/', 'A+&#1')).toBe('https://sign.hospital.example/app/#/enrol?by=code&staff_no=A%2B%26%231')
  })
  it('lie in the order in which they are handed out', () => expect([['骨科', 'D2'], ['儿科', 'D10'], ['儿科', 'D9'], ['', 'A1']].map(([department, staff_no]) => ({ departments: department ? [department] : [], staff_no: String(staff_no) })).sort(inOrder).map(one => one.staff_no)).toEqual(['A1', 'D9', 'D10', 'D2']))
  it('are for whoever has no device', () => expect((['enrolling', 'active', 'locked', 'frozen', 'destroyed'] as const).filter(state => hasDevice({ state }))).toEqual(['active', 'locked', 'frozen']))
  it('end where the next one would fail as well, and not with one person', () => {
    const of = (status: number) => isOver(new Problem(status, '', '', ''))
    expect([0, 401, 403, 429, 500, 503].map(of)).toEqual([true, true, true, true, true, true])
    expect([400, 404, 409].map(of)).toEqual([false, false, false])
    expect(isOver(new Error())).toBe(false)
  })
  it('leave out operators, and go on with the next one', () => {
    const said = readFileSync(new URL('../../../../../src/service/operator.c', import.meta.url), 'utf8')
    const his = /fault_set\(&c->fault, e,\s*"([^"]*)"\s*"([^"]*)"/.exec(said) ?? []
    const of = (code: string, detail = '') => { const error = new Problem(403, code, '', '', '', '', detail); return [isOperators(error), isOver(error)] }
    expect(his.length).toBe(3)
    expect([of('forbidden', `${his[1]}${his[2]}`), of('login_too_old'), of('forbidden')]).toEqual([[true, false], [true, false], [false, true]])
  })
})

it('what the template and the form call an attribute, the profiles\' examples and the guess of columns call so', () => {
  const named = presets.map(one => /\{attribute:(.+)\}/.exec(one.extension.value)?.[1] ?? '')
  expect(templateAttributes.filter(name => name.includes('执业')).every(name => named.includes(name))).toBe(true)
  expect(guess(suggestedAttributes)).toEqual(suggestedAttributes.map(name => `attribute:${name}`))
})

describe('a ZIP', () => {
  it('with one damaged picture keeps the others', async () => {
    const packed = zipSync({ 'D1.bmp': new Uint8Array(900_000), 'D2.png': Uint8Array.from({ length: 3000 }, (_, i) => i * i), 'D3.bmp': new Uint8Array(900_000) })
    const place = packed.findIndex((_, i) => String.fromCharCode(...packed.subarray(i, i + 6)) === 'D2.png')
    packed.fill(0xff, place + 6, place + 40)
    const found = await readArchive(new File([packed as BlobPart], 'seals.zip'))
    expect(found.map(one => [one.name, one.problem, one.bytes?.length ?? 0])).toEqual([['D1.bmp', '', 900_000], ['D2.png', 'damaged', 0], ['D3.bmp', '', 900_000]])
  })
})
