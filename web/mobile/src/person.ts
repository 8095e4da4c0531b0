// Is that you? Asked by name before a certificate is made for him, with what ends by it.
import type { Person } from '@yiqian/device'
import { shallowRef } from 'vue'

export interface PersonAsked { person: Person; kind: 'enrol' | 'renew'; answer(yes: boolean): void }
/** What App.vue shows. */
export const personAsked = shallowRef<PersonAsked | null>(null)

export function confirmPerson(person: Person, kind: PersonAsked['kind']): Promise<boolean> {
  return new Promise(resolve => {
    personAsked.value = { person, kind, answer: yes => { personAsked.value = null; resolve(yes) } }
  })
}
