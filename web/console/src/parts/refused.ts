// Why what a form was sent with was refused. That nobody was logged in any more is over once the page is back: whoever is there now has logged in.
import { onActivated, shallowRef, type ShallowRef } from 'vue'
import { Problem } from '../api'

export function useRefused(): ShallowRef<unknown> {
  const failed = shallowRef<unknown>(null)
  onActivated(() => { if (failed.value instanceof Problem && failed.value.status === 401) failed.value = null })
  return failed
}
