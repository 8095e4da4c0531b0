import type { ConsoleRoute } from '../../router'

export default [
  { path: '/timestamps/units', name: 'tsaUnits', component: () => import('./Units.vue'), meta: { permission: 'timestamps.read', menu: { group: 'timestamps', order: 30, icon: 'Stopwatch', title: 'tsa.units' } } },
  { path: '/timestamps/access', name: 'tsaAccess', component: () => import('./Access.vue'), meta: { permission: 'timestamps.read', menu: { group: 'timestamps', order: 40, icon: 'Lock', title: 'tsa.access' } } },
  { path: '/timestamps/roots', name: 'tsaRoots', component: () => import('./Roots.vue'), meta: { permission: 'timestamps.read', menu: { group: 'timestamps', order: 50, icon: 'Medal', title: 'tsa.roots' } } },
  { path: '/timestamps/clock', name: 'tsaClock', component: () => import('./Clock.vue'), meta: { permission: 'timestamps.read', menu: { group: 'timestamps', order: 60, icon: 'Clock', title: 'tsa.clock' } } },
] satisfies ConsoleRoute[]
