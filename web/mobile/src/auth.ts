// One sheet for every proof of the person: the fingerprint where it is on, and always the PIN.
import type { Key, Proof } from '@yiqian/device'
import { shallowRef } from 'vue'
import { reload, store } from './device'
import { ended, fail, failed } from './failure'

export interface What {
  title: string
  detail?: string
  /** The fingerprint does not do here. */
  pinOnly?: boolean
  /** Whose; the current identity's where it is not said. */
  key?: Key
}

/** What the sheet says after a try. */
export type Outcome = { kind: 'done' } | { kind: 'pin_wrong'; triesLeft: number | null } | { kind: 'pin'; why: 'fingerprint_off' | 'fingerprint_forbidden' | 'fingerprint_failed' | 'cancelled' | 'weak_pin' }

export interface Asking extends What {
  key: Key
  fingerprint: boolean
  attempt(proof: Proof): Promise<Outcome>
  /** The person closed it. */
  close(): void
}
export const asking = shallowRef<Asking | null>(null)

/** The key has no fingerprint any more. */
export const over = (why: string): boolean => ['fingerprint_off', 'fingerprint_forbidden'].includes(why)

/** How it goes on after a failed try; null: not at all. */
export function outcome(error: unknown): Outcome | null {
  const it = failed(error)
  if (it?.status === 'refused' && it.problem?.code === 'fingerprint_forbidden') return { kind: 'pin', why: 'fingerprint_forbidden' }
  switch (it?.status) {
    case 'pin_wrong': return { kind: 'pin_wrong', triesLeft: it.problem?.triesLeft ?? null }
    case 'fingerprint_off': case 'fingerprint_failed': case 'cancelled': case 'weak_pin': return { kind: 'pin', why: it.status }
    default: return null
  }
}

/** Shows the sheet and runs `act` until it goes through. undefined: the person closed it, or the key can do no more (which is shown).
 * Any other failure of `act` is the caller's. */
export function authenticate<T>(what: What, act: (proof: Proof) => Promise<T>): Promise<T | undefined> {
  const key = what.key ?? store.current
  if (!key || asking.value) return Promise.resolve(undefined)
  return new Promise<T | undefined>((resolve, reject) => {
    const end = () => { if (asking.value === mine) asking.value = null }
    const mine: Asking = {
      ...what, key, fingerprint: key.fingerprint && !what.pinOnly,
      close: () => { end(); resolve(undefined) },
      async attempt(proof) {
        try {
          const value = await act(proof)
          end()
          resolve(value)
          return { kind: 'done' }
        } catch (error) {
          const next = outcome(error)
          if (next && !(next.kind === 'pin_wrong' && next.triesLeft === 0)) {
            if (next.kind === 'pin' && over(next.why)) void reload().catch(() => undefined)
            return next
          }
          end()
          void reload().catch(() => undefined)
          if (ended(error) || next) { fail(error); resolve(undefined) } else reject(error instanceof Error ? error : new Error(String(error)))
          return { kind: 'done' }
        }
      },
    }
    asking.value = mine
  })
}
