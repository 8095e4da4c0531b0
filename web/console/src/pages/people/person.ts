// What a form holds of a person, what of it was changed, and what somebody else changed meanwhile.
import type { Body, Schemas } from '../../api'

export type User = Schemas['User']
export interface Form {
  staff_no: string
  name: string
  departments: string[]
  aliases: { system: string; external_id: string }[]
  attributes: { name: string; value: string }[]
  certificates: User['certificates']
}
export type Field = Exclude<keyof Form, 'staff_no'>
export const fields: Field[] = ['name', 'departments', 'aliases', 'attributes', 'certificates']

export const formOf = (user: User | null): Form => ({
  staff_no: user?.staff_no ?? '', name: user?.name ?? '', departments: [...(user?.departments ?? [])],
  aliases: (user?.aliases ?? []).map(({ system, external_id }) => ({ system, external_id })),
  attributes: Object.entries(user?.attributes ?? {}).map(([name, value]) => ({ name, value: String(value) })),
  certificates: user?.certificates ?? 'policy',
})

/** The value of a field as the server takes it; rows of a list that are empty are left out. */
export function valueOf(form: Form, field: Field): unknown {
  if (field === 'name') return form.name.trim()
  if (field === 'aliases') return form.aliases.filter(one => one.system && one.external_id.trim()).map(one => ({ system: one.system, external_id: one.external_id.trim() }))
  if (field === 'attributes') return Object.fromEntries(form.attributes.filter(one => one.name.trim() && one.value.trim()).map(one => [one.name.trim(), one.value.trim()]))
  return form[field]
}
/** The order of aliases and attributes says nothing. */
const comparable = (form: Form, field: Field): string => {
  const value = valueOf(form, field)
  if (field === 'aliases') return JSON.stringify((value as Form['aliases']).map(one => `${one.system} ${one.external_id}`).sort())
  if (field === 'attributes') return JSON.stringify(Object.entries(value as Record<string, string>).sort())
  return JSON.stringify(value)
}
export const differs = (a: Form, b: Form): Field[] => fields.filter(field => comparable(a, field) !== comparable(b, field))

export const changeOf = (before: User, form: Form): Body<'/v1/users/{user}', 'patch'> =>
  Object.fromEntries(differs(formOf(before), form).map(field => [field, valueOf(form, field)])) as Body<'/v1/users/{user}', 'patch'>

/** What was typed on top of what there is now: fields that the person did not touch are taken from that. */
export function rebase(before: User, mine: Form, now: User): Form {
  const touched = differs(formOf(before), mine), next = formOf(now)
  for (const field of touched) Object.assign(next, { [field]: mine[field] })
  return next
}
