// Definitions of certificate profiles as forms keep them, and what they begin with.
import type { Schemas } from '../../api'

export type Definition = Schemas['ProfileDefinition']
export type Type = Schemas['ProfileExtension']['type']
export interface Part { id: number; attribute: Definition['subject'][number]['attribute']; value: string; refuse: boolean }
export interface Extension { id: number; oid: string; critical: boolean; type: Type; tag: string; value: string; values: string; refuse: boolean }
export interface Form { days: number | undefined; usages: Definition['key_usage']['bits']; usageCritical: boolean; purposes: string[]; purposesCritical: boolean; subject: Part[]; extensions: Extension[] }

export const types: Type[] = ['UTF8String', 'PrintableString', 'IA5String', 'NumericString', 'INTEGER', 'BOOLEAN', 'OCTET STRING', 'NULL', 'SEQUENCE OF UTF8String', 'DER']
export const attributes: Part['attribute'][] = ['C', 'ST', 'L', 'O', 'OU', 'title', 'CN', 'serialNumber']
export const usages: Form['usages'] = ['digitalSignature', 'nonRepudiation', 'keyEncipherment', 'dataEncipherment', 'keyAgreement', 'encipherOnly', 'decipherOnly']
export const purposes: { oid: string; name: string }[] = [
  { oid: '1.3.6.1.5.5.7.3.2', name: 'clientAuth' }, { oid: '1.3.6.1.5.5.7.3.4', name: 'emailProtection' }, { oid: '1.3.6.1.5.5.7.3.36', name: 'documentSigning' },
]
/** Examples: the extensions of GB/T 20518 and GM/T 0015 that concern a person, and one of a hospital's own. The attributes are named as the hospital names them. */
export const presets: { name: string; extension: Omit<Extension, 'id'> }[] = [
  { name: 'identity', extension: { oid: '1.2.156.10260.4.1.1', critical: false, type: 'PrintableString', tag: '0', value: '{attribute:身份证号}', values: '', refuse: false } },
  { name: 'insurance', extension: { oid: '1.2.156.10260.4.1.2', critical: false, type: 'PrintableString', tag: '', value: '{attribute:社会保障号}', values: '', refuse: false } },
  { name: 'organisation', extension: { oid: '1.2.156.10260.4.1.4', critical: false, type: 'PrintableString', tag: '', value: '{attribute:统一社会信用代码}', values: '', refuse: false } },
  { name: 'licence', extension: { oid: '', critical: false, type: 'UTF8String', tag: '', value: '{attribute:执业证书编号}', values: '', refuse: false } },
]
/** An object identifier that nobody else has: 2.25 and a random UUID (ITU-T X.667), for an extension of the hospital's own. */
export function ownOid(): string {
  const octets = crypto.getRandomValues(new Uint8Array(16))
  octets[6] = ((octets[6] ?? 0) & 0x0f) | 0x40
  octets[8] = ((octets[8] ?? 0) & 0x3f) | 0x80
  return `2.25.${octets.reduce((so, one) => so * 256n + BigInt(one), 0n)}`
}
export const placeholders = ['{name}', '{staff_no}', '{department}', '{organisation}', '{attribute:…}']

/** The names of attributes in a template, or "department": what a person may lack. */
export const wants = (template: string): string[] => [...template.matchAll(/\{attribute:([^{}]+)\}|\{(department)\}/g)].map(found => found[1] ?? found[2] ?? '')
const templatesOf = (one: Schemas['ProfileExtension']): string[] => (one.type === 'DER' ? [] : one.values ?? (one.value ? [one.value] : []))
/** The attributes that a definition names, each once. */
export const attributesOf = (definition: Definition): string[] =>
  [...new Set([...definition.subject.map(one => one.value), ...(definition.extensions ?? []).flatMap(templatesOf)].flatMap(template => wants(template)).filter(name => name !== 'department'))]
/** A part that was left out ("definition.extensions.0"): what it is, and what it wants that the person does not have. */
export function leftOut(definition: Definition, field: string, has: (name: string) => boolean): { item: string; missing: string[] } {
  const [, kind, i] = field.split('.')
  const part = kind === 'subject' ? definition.subject[Number(i)] : undefined
  const extension = kind === 'extensions' ? definition.extensions?.[Number(i)] : undefined
  const all = part ? wants(part.value) : extension ? templatesOf(extension).flatMap(wants) : []
  return { item: part?.attribute ?? extension?.oid ?? field, missing: [...new Set(all.filter(name => !has(name)))] }
}
const SHORTEST = 3
/** An example with the name that the hospital has for its attribute, where one of them begins with the other ("身份证号" and "身份证号码"). */
export const fitting = (template: string, names: string[]): string => template.replace(/^\{attribute:([^{}]+)\}$/, (whole, name: string) => {
  const found = names.includes(name) ? name : names.find(one => one.startsWith(name) || (one.length >= SHORTEST && name.startsWith(one)))
  return found ? `{attribute:${found}}` : whole
})

let count = 0
export const part = (attribute: Part['attribute'] = 'OU', value = ''): Part => ({ id: ++count, attribute, value, refuse: false })
export const extension = (given: Omit<Extension, 'id'> = { oid: '', critical: false, type: 'UTF8String', tag: '', value: '', values: '', refuse: false }): Extension => ({ id: ++count, ...given })
export const empty = (): Form => ({
  days: undefined, usages: ['digitalSignature', 'nonRepudiation'], usageCritical: true, purposes: [], purposesCritical: false, extensions: [],
  subject: [part('C', 'CN'), part('O', '{organisation}'), part('CN', '{name}'), part('serialNumber', '{staff_no}')],
})

export function formOf(definition: Definition): Form {
  return {
    days: definition.validity_days ?? undefined,
    usages: [...definition.key_usage.bits], usageCritical: definition.key_usage.critical ?? true,
    purposes: [...(definition.extended_key_usage?.purposes ?? [])], purposesCritical: definition.extended_key_usage?.critical ?? false,
    subject: definition.subject.map(one => ({ ...part(one.attribute, one.value), refuse: one.missing === 'refuse' })),
    extensions: (definition.extensions ?? []).map(one => extension({ oid: one.oid, critical: one.critical ?? false, type: one.type, tag: one.tag === undefined || one.tag === null ? '' : String(one.tag), value: one.value ?? '', values: (one.values ?? []).join('\n'), refuse: one.missing === 'refuse' })),
  }
}

/** What stays as the server has it without being told is left out. */
export function definitionOf(form: Form): Definition {
  return {
    ...(form.days ? { validity_days: form.days } : {}),
    key_usage: { bits: usages.filter(one => form.usages.includes(one)), critical: form.usageCritical },
    ...(form.purposes.length ? { extended_key_usage: { purposes: form.purposes, critical: form.purposesCritical } } : {}),
    subject: form.subject.map(one => ({ attribute: one.attribute, value: one.value, ...(one.refuse ? { missing: 'refuse' as const } : {}) })),
    ...(form.extensions.length ? { extensions: form.extensions.map(written) } : {}),
  }
}
function written(one: Extension): Schemas['ProfileExtension'] {
  const fixed = one.type === 'NULL' || one.type === 'DER'
  return {
    oid: one.oid.trim(), type: one.type, ...(one.critical ? { critical: true } : {}), ...(one.tag.trim() === '' ? {} : { tag: Number(one.tag) }),
    ...(one.type === 'SEQUENCE OF UTF8String' ? { values: one.values.split('\n').filter(line => line !== '') } : one.type === 'NULL' ? {} : { value: one.value }),
    ...(one.refuse && !fixed ? { missing: 'refuse' as const } : {}),
  }
}
