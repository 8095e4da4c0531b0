// What the pages of this area say of roles and permissions.
import { computed, shallowRef } from 'vue'
import { api, type Answer, type Row1 } from '../../api'
import { i18n, language, t } from '../../i18n'
import { useLoading } from '../../list'

export type Roles = Answer<'/v1/roles'>
export type Role = Roles['items'][number]
export type PermissionText = Roles['permissions'][number]

/** A built-in role by its name in the person's language, the hospital's own as it was called. */
export const roleName = (role: { role: string; role_name?: string; name?: string }): string =>
  i18n.global.te(`role.${role.role}`) ? t(`role.${role.role}`) : role.role_name ?? role.name ?? role.role

export function useRoles() {
  const roles = shallowRef<Role[]>([])
  const permissions = shallowRef<PermissionText[]>([])
  const loaded = useLoading(async () => {
    const all = await api.get('/v1/roles')
    roles.value = all.items
    permissions.value = all.permissions
  })
  const text = computed(() => new Map(permissions.value.map(one => [one.permission as string, language() === 'en' ? one.en : one.zh])))
  return { roles, permissions, loaded, text }
}

type Ways = Pick<Row1<'/v1/operators'>, 'certificates' | 'phones' | 'seen_at'>
/** A session lasts half a day at the most: who was here within that may be here still, by a one-time link that is spent. */
const SESSION = 12 * 3_600_000
/** Whether this operator is here, or has something to log in with: who was here once and lost both is as far away as who never was. */
export const reachable = (one: Ways, now = Date.now()): boolean => one.certificates > 0 || one.phones > 0 || (one.seen_at !== null && now - Date.parse(one.seen_at) < SESSION)

export const duties = ['system', 'certificates', 'audit'] as const
/** The separated duties that these permissions are of: more than one, and nobody may hold them together. */
export function dutiesOf(chosen: string[], all: PermissionText[]): string[] {
  const found = new Set(all.filter(one => chosen.includes(one.permission) && one.duty).map(one => String(one.duty)))
  return duties.filter(one => found.has(one))
}
