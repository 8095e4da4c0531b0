// What an operator does to a device's key, asked first and told after, wherever the key is shown.
import { api, type Schemas } from '../../api'
import { done, toast } from '../../failure'
import { has, t } from '../../i18n'
import { confirm } from '../../parts/confirm'

export type Key = Schemas['UserKey']
export type KeyAct = 'freeze' | 'unfreeze' | 'unlock' | 'lost'

/** In the order in which they are offered. */
export const actsOf = (key: Key): KeyAct[] => [
  ...(key.state === 'locked' ? ['unlock' as const] : []),
  ...(key.state === 'active' || key.state === 'locked' ? ['freeze' as const] : []),
  ...(key.state === 'frozen' ? ['unfreeze' as const] : []),
  ...(key.state !== 'destroyed' ? ['lost' as const] : []),
]

/** Whether anything was sent: then what is shown is old. */
export async function actOnKey(key: Key, person: { user: string; staff_no: string }, what: KeyAct): Promise<boolean> {
  const asked = { title: t(`people.key.${what}Title`, { device: key.device_name }), text: t(`people.key.${what}Text`), act: t(`people.key.${what}`), danger: what === 'lost' || what === 'freeze', ...(what === 'lost' ? { type: person.staff_no } : {}) }
  if ((await confirm(asked)) === null) return false
  const path = { key_id: key.key_id }
  try {
    if (what === 'lost') await api.post('/v1/users/{user}/lost', { path: { user: person.user }, body: { key_id: key.key_id } })
    else if (what === 'freeze') await api.post('/v1/keys/{key_id}/freeze', { path })
    else if (what === 'unlock') await api.post('/v1/keys/{key_id}/unlock', { path })
    else await api.post('/v1/keys/{key_id}/unfreeze', { path, ...(key.alarmed_at ? { body: { despite_alarm: true } } : {}) })
    done(t(`people.key.${what}Done`))
  } catch (error) { toast(error) }
  return true
}

export const platforms = ['android', 'ios', 'web', 'windows', 'macos', 'linux', 'linux-cli'] as const
export const platformName = (name: string) => (has(`people.platform.${name}`) ? t(`people.platform.${name}`) : name)
