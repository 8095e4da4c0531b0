// What is to be said of a key, by what the server told of it last.
import type { Key } from '@yiqian/device'

export interface KeyNotice {
  name: 'locked' | 'frozen' | 'destroyed' | 'revoked' | 'superseded' | 'expired' | 'certificate_frozen' | 'pin_changing' | 'renewal' | 'damaged' | 'unfinished'
  grade: 'bad' | 'warn'
  to: string
  /** Until the certificate ends. */
  days: number
}

/** Whole days that are left; none, and less, where it is over. */
export const daysLeft = (notAfter: string, now: number): number => Math.floor((Date.parse(notAfter) - now) / 86_400_000)

/** The gravest alone; null: it can sign. */
export function keyNotice(key: Key, now: number): KeyNotice | null {
  const days = key.notAfter ? daysLeft(key.notAfter, now) : 0
  const bad = (name: KeyNotice['name']): KeyNotice => ({ name, grade: 'bad', to: '/certificate', days })
  if (key.stage === 'damaged') return bad('damaged')
  if (key.stage !== 'enrolled') return { name: 'unfinished', grade: 'warn', to: '/identities', days }
  if (key.state === 'destroyed' && key.certificateState !== 'superseded') return bad(key.certificateState === 'revoked' ? 'revoked' : 'destroyed')
  if (key.certificateState === 'revoked') return bad('revoked')
  if (key.certificateState === 'superseded') return bad('superseded')
  if (key.certificateState === 'expired' || (key.notAfter && Date.parse(key.notAfter) <= now)) return bad('expired')
  if (key.state === 'frozen') return bad('frozen')
  if (key.certificateState === 'frozen') return bad('certificate_frozen')
  if (key.state === 'locked') return bad('locked')
  if (key.pinChanging) return { name: 'pin_changing', grade: 'warn', to: '/pin', days }
  if (key.renewalDue) return { name: 'renewal', grade: 'warn', to: '/certificate', days }
  return null
}

/** The part of a validity that is over, 0 to 1. */
export function spent(notBefore: string, notAfter: string, now: number): number {
  const from = Date.parse(notBefore), to = Date.parse(notAfter)
  return to > from ? Math.min(1, Math.max(0, (now - from) / (to - from))) : 1
}
