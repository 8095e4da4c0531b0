// What the pages of this area say of roles and permissions.
import { computed, shallowRef } from 'vue'
import { api, type Answer } from '../../api'
import { toast } from '../../failure'
import { i18n, language, t } from '../../i18n'

export type Roles = Answer<'/v1/roles'>
export type Role = Roles['items'][number]
export type PermissionText = Roles['permissions'][number]

/** A built-in role by its name in the person's language, the hospital's own as it was called. */
export const roleName = (role: { role: string; role_name?: string; name?: string }): string =>
  i18n.global.te(`role.${role.role}`) ? t(`role.${role.role}`) : role.role_name ?? role.name ?? role.role

export function useRoles() {
  const roles = shallowRef<Role[]>([])
  const permissions = shallowRef<PermissionText[]>([])
  async function load() {
    try {
      const all = await api.get('/v1/roles')
      roles.value = all.items
      permissions.value = all.permissions
    } catch (error) { toast(error) }
  }
  void load()
  const text = computed(() => new Map(permissions.value.map(one => [one.permission as string, language() === 'en' ? one.en : one.zh])))
  return { roles, permissions, load, text }
}

export const duties = ['system', 'certificates', 'audit'] as const
/** The separated duties that these permissions are of: more than one, and nobody may hold them together. */
export function dutiesOf(chosen: string[], all: PermissionText[]): string[] {
  const found = new Set(all.filter(one => chosen.includes(one.permission) && one.duty).map(one => String(one.duty)))
  return duties.filter(one => found.has(one))
}
