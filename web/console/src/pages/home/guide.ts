// The first afternoon: what a hospital sets up, each ticked from what there is. Nothing of it is kept but that somebody put it away.
import { api, type Answer } from '../../api'
import { may, type Permission } from '../../session'

export interface Step {
  name: 'second' | 'people' | 'seals' | 'system' | 'clock' | 'alarms' | 'backup'
  /** Who has both does it, and sees it here. */
  read: Permission
  manage: Permission
  to: string
  done: () => Promise<boolean>
}
const items = (answer: { items: unknown[] }) => answer.items.length > 0
export const steps: Step[] = [
  { name: 'second', read: 'operators.read', manage: 'operators.manage', to: '/operators', done: async () => standing((await api.get('/v1/operators', { query: { limit: 200 } })).items) },
  { name: 'people', read: 'users.read', manage: 'users.manage', to: '/users/import', done: async () => items(await api.get('/v1/departments')) },
  { name: 'seals', read: 'users.read', manage: 'users.manage', to: '/seals', done: async () => (await api.get('/v1/users', { query: { limit: 200 } })).items.some(user => user.seal_made === 'uploaded') },
  { name: 'system', read: 'systems.read', manage: 'systems.manage', to: '/systems', done: async () => (await api.get('/v1/systems', { query: { limit: 200 } })).items.some(system => system.credentials > 0) },
  { name: 'clock', read: 'timestamps.read', manage: 'timestamps.manage', to: '/timestamps/clock', done: async () => (await api.get('/v1/tsa/clock')).state !== 'demonstration' && (await api.get('/v1/tsa/units')).items.some(unit => unit.state === 'active') },
  { name: 'alarms', read: 'system.read', manage: 'system.manage', to: '/alarms', done: async () => items(await api.get('/v1/alarm-channels')) },
  { name: 'backup', read: 'backup.manage', manage: 'backup.manage', to: '/backup', done: async () => (await api.get('/v1/backup-settings')).schedule !== 'off' },
]
/** What one administrator asks for another one has to approve: two that can log in. */
export const standing = (operators: Pick<Answer<'/v1/operators'>['items'][number], 'role' | 'state'>[]): boolean =>
  operators.filter(one => one.role === 'administrator' && one.state === 'active').length > 1

export interface Found { step: Step; done: boolean }
/** The steps of this person, as far as they could be asked. */
export async function look(): Promise<Found[]> {
  const mine = steps.filter(step => may(step.read) && may(step.manage))
  const found = await Promise.all(mine.map(step => step.done().then(done => ({ step, done }), () => null)))
  return found.filter(one => one !== null)
}
