// Pages come when they are first opened. Addresses stand behind a #: the same files work behind yiqiand and inside a shell.
import { createRouter, createWebHashHistory, type RouteRecordRaw } from 'vue-router'
import { detour } from './detour'
import { opened, store } from './device'
import { takeTop } from './over'

declare module 'vue-router' {
  interface RouteMeta {
    /** The tab it is, with the bar below. */
    tab?: string
    /** Opens without an identity too. */
    free?: boolean
  }
}

const pages = import.meta.glob<object>(['./pages/*.vue', '!./pages/Elsewhere.vue', '!./pages/Unopened.vue'])
const page = (path: string, name: string, meta: RouteRecordRaw['meta'] = {}): RouteRecordRaw =>
  ({ path, name, meta, component: pages[`./pages/${name}.vue`] ?? pages['./pages/Missing.vue']!, props: true })

// Before the router's own ear: the guard below has to know that it was the back button.
let back = false
const history = createWebHashHistory()
history.listen((_to, _from, { delta }) => { back = delta < 0 })

export const router = createRouter({
  history,
  scrollBehavior: (_to, _from, kept) => kept ?? { top: 0 },
  routes: [
    page('/', 'Tasks', { tab: 'tasks' }),
    page('/tasks/:task', 'Task'),
    page('/batch', 'Batch'),
    page('/scan', 'Scan'),
    page('/login/:scan', 'Login'),
    page('/authorise', 'Authorise'),
    page('/authorisations', 'Authorisations'),
    page('/history', 'History', { tab: 'history' }),
    page('/history/:task', 'HistoryEntry'),
    page('/me', 'Me', { tab: 'me' }),
    page('/certificate', 'Certificate'),
    page('/pin', 'ChangePin'),
    page('/fingerprint', 'Fingerprint'),
    page('/devices', 'OtherDevices'),
    page('/welcome', 'Welcome', { free: true }),
    page('/identities', 'Identities', { free: true }),
    page('/enrol', 'Enrol', { free: true }),
    page('/server', 'Server', { free: true }),
    page('/settings', 'Settings', { free: true }),
    { path: '/:rest(.*)*', redirect: '/' },
  ],
})

router.beforeEach(async to => {
  const pressed = back
  back = false
  if (pressed && takeTop()) return false
  await opened()
  return store.state === 'ready' ? detour(to, store) ?? true : true
})
