import type { Key } from '@yiqian/device'
import type { RouteLocationNormalized } from 'vue-router'

/** Where somebody is sent who has no identity open: null where he may go on. */
export function detour(to: Pick<RouteLocationNormalized, 'meta' | 'name'>, known: { keys: readonly Pick<Key, 'stage'>[]; current: unknown }): string | null {
  if (to.name === 'Welcome' && known.current) return '/'
  if (to.meta.free || known.current) return null
  return known.keys.some(key => key.stage === 'enrolled' || key.stage === 'damaged') ? '/identities' : '/welcome'
}
