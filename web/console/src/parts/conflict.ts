// Two people edit one thing: the second is shown what the first made of it, field by field, and takes that or writes his own over it.
import { shallowRef } from 'vue'
import { Problem } from '../api'
import { time, t } from '../i18n'

export interface Field<T> {
  name: keyof T & string
  label: string
  /** Its value in words. */
  text: (of: T) => string
  /** What is compared, where the order of a list says nothing; its value otherwise. */
  same?: (of: T) => unknown
}
/** How the thing is now; who and at: of the change, where that is known. */
export interface Now<T> { value: T; version: number; who?: string | null; at?: string | null }
/** theirs and mine: null where that side did not change it. both: they differ. */
export interface Line { label: string; was: string; theirs: string | null; mine: string | null; both: boolean }
export type Choice = 'theirs' | 'mine' | null

/** What is asked; parts/Conflict.vue shows it. */
export const conflict = shallowRef<{ told: string; lines: Line[]; answer: (choice: Choice) => void } | null>(null)

export const differing = <T>(fields: Field<T>[], a: T, b: T): Field<T>[] => {
  const of = (field: Field<T>, from: T) => JSON.stringify(field.same ? field.same(from) : from[field.name])
  return fields.filter(field => of(field, a) !== of(field, b))
}
/** What was changed here on top of what there is now. */
export const rebase = <T extends object>(touched: Field<T>[], mine: T, now: T): T =>
  Object.assign({}, now, Object.fromEntries(touched.map(field => [field.name, mine[field.name]])))
/** What the other changed, and what was changed here. */
export function compare<T>(fields: Field<T>[], was: T, mine: T, now: T): Line[] {
  const theirs = differing(fields, was, now), touched = differing(fields, was, mine)
  return fields.filter(field => theirs.includes(field) || touched.includes(field)).map(field => ({
    label: field.label, was: field.text(was), theirs: theirs.includes(field) ? field.text(now) : null, mine: touched.includes(field) ? field.text(mine) : null,
    both: theirs.includes(field) && touched.includes(field) && differing([field], mine, now).length > 0,
  }))
}

const ask = (told: string, lines: Line[]): Promise<Choice> => new Promise(answer => {
  conflict.value?.answer(null)
  conflict.value = { told, lines, answer }
})

export interface Edit<T, A> {
  fields: Field<T>[]
  /** As it was opened, and what it became here. */
  was: T
  mine: T
  version: number
  /** touched: names of the fields that were changed here. */
  send: (value: T, version: number, touched: string[]) => Promise<A>
  now: () => Promise<Now<T>>
}
/** Sends a change. saved: the answer; theirs: what somebody else made of it, which is to be shown instead; null: nothing was saved, and what was typed stays.
 * Throws what send and now throw. */
export async function saveOver<T extends object, A>({ fields, was, mine, version, send, now }: Edit<T, A>): Promise<{ saved: A } | { theirs: Now<T> } | null> {
  const touched = differing(fields, was, mine), names = touched.map(field => field.name)
  for (let value = mine; ;) {
    try {
      return { saved: await send(value, version, names) }
    } catch (error) {
      if (!(error instanceof Problem && error.code === 'changed_meanwhile')) throw error
    }
    const found = await now()
    const choice = await ask(found.who ? t('conflict.who', { who: found.who, at: time(found.at, true) }) : t('conflict.somebody'), compare(fields, was, mine, found.value))
    if (choice === null) return null
    if (choice === 'theirs') return { theirs: found }
    value = rebase(touched, mine, found.value)
    version = found.version
  }
}
