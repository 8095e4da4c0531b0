// Pages are where their areas put them: pages/<area>/routes.ts. What a person may not open is not shown in the menu, and says so when called.
import { createRouter, createWebHashHistory, type RouteRecordRaw } from 'vue-router'
import type * as icons from './icons'
import { ask, mayAny, session, type Permission } from './session'

export type MenuGroup = 'home' | 'people' | 'certificates' | 'systems' | 'records' | 'timestamps' | 'system' | 'access'
export const groups: MenuGroup[] = ['home', 'people', 'certificates', 'systems', 'records', 'timestamps', 'system', 'access']
export interface Meta {
  /** One of these is needed; none: anybody who is logged in. */
  permission?: Permission | Permission[]
  /** Without a frame, and for whoever comes. */
  bare?: boolean
  menu?: { group: MenuGroup; order: number; icon: keyof typeof icons; title: string }
  /** A page below one of the menu's: the name of that one's route. */
  under?: string
}
export type ConsoleRoute = RouteRecordRaw & { meta?: Meta }
declare module 'vue-router' {
  interface RouteMeta extends Meta {}
}

const files = import.meta.glob<ConsoleRoute[]>('./pages/*/routes.ts', { eager: true, import: 'default' })
export const routes: ConsoleRoute[] = Object.values(files).flat()

export const mayOpen = (meta: Meta): boolean => !meta.permission || mayAny([meta.permission].flat())
/** The menu of this person, groups and entries in order. */
export const menu = () => groups.map(group => ({
  group,
  entries: routes.filter(route => route.meta?.menu?.group === group && mayOpen(route.meta)).sort((a, b) => (a.meta?.menu?.order ?? 0) - (b.meta?.menu?.order ?? 0)),
})).filter(one => one.entries.length)

/** A page's title, of one below another that one's. */
export const titleOf = (meta: Meta): string => meta.menu?.title ?? routes.find(route => route.name === meta.under)?.meta?.menu?.title ?? ''

export const router = createRouter({
  history: createWebHashHistory(),
  routes: [...routes, { path: '/:rest(.*)*', name: 'nowhere', component: () => import('./frame/Nowhere.vue') }],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})
/** The session ended under a page, which waits for its person (App.vue). */
export const away = (): boolean => session.known && !session.now && router.currentRoute.value.matched.length > 0 && !router.currentRoute.value.meta.bare
router.beforeEach(async to => {
  if (to.name === 'login' && typeof to.query.link === 'string' && away()) {
    session.link = to.query.link
    return false
  }
  if (to.meta.bare) return true
  if (!session.known) await ask().catch(() => { session.known = false }) // App.vue says that the server is gone
  if (session.known && !session.now) return { name: 'login', query: to.fullPath === '/' ? {} : { to: to.fullPath } }
  return true
})
