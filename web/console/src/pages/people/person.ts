// What a form holds of a person, what of it was changed, and how its fields are said.
import type { Body, Schemas } from '../../api'
import { t } from '../../i18n'
import { differing, type Field as Said } from '../../parts/conflict'

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
/** The fields in words; systemName: of an id. The order of aliases and attributes says nothing. */
export const said = (systemName: (system: string) => string = id => id): Said<Form>[] => fields.map(name => ({
  name, label: t(`people.field.${name}`),
  text: form => {
    if (name === 'certificates') return t(`people.switch.${form.certificates}`)
    if (name === 'aliases') return form.aliases.map(one => t('shell.pair', { name: systemName(one.system), value: one.external_id })).join('\n')
    if (name === 'attributes') return form.attributes.map(one => t('shell.pair', { name: one.name, value: one.value })).join('\n')
    return name === 'departments' ? form.departments.join(t('shell.comma')) : form.name
  },
  same: form => {
    if (name === 'aliases') return (valueOf(form, name) as Form['aliases']).map(one => `${one.system} ${one.external_id}`).sort()
    return name === 'attributes' ? Object.entries(valueOf(form, name) as Record<string, string>).sort() : valueOf(form, name)
  },
}))
export const differs = (a: Form, b: Form): Field[] => differing(said(), a, b).map(field => field.name as Field)

/** What the server is sent: the fields that were changed. */
export const changeOf = (form: Form, touched: string[]): Body<'/v1/users/{user}', 'patch'> =>
  Object.fromEntries(touched.map(field => [field, valueOf(form, field as Field)])) as Body<'/v1/users/{user}', 'patch'>
