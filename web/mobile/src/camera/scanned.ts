// What was scanned, on its way to the page that goes on with it. In memory only: a code must not stand in an address or in the browser's history.
import type { Scanned } from '@yiqian/device'
import { shallowReactive, watch } from 'vue'
import { store } from '../device'

export const scanned = shallowReactive<{ login: Scanned | null; workstation: string; enrolment: string }>({ login: null, workstation: '', enrolment: '' })

/** The code for enrolling that was scanned, once. */
export function takeCode() {
  const { enrolment } = scanned
  scanned.enrolment = ''
  return enrolment
}
watch(() => store.current?.key, () => { scanned.login = null; scanned.workstation = '' })
