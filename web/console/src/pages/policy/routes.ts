import type { ConsoleRoute } from '../../router'

export default [
  { path: '/policy', name: 'policy', component: () => import('./Policy.vue'), meta: { permission: 'system.read', menu: { group: 'system', order: 60, icon: 'Operation', title: 'policy.title' } } },
  { path: '/push', name: 'push', component: () => import('./Push.vue'), meta: { permission: 'system.read', menu: { group: 'system', order: 70, icon: 'Bell', title: 'policy.push' } } },
  { path: '/settings', name: 'settings', component: () => import('./Settings.vue'), meta: { permission: 'system.read', menu: { group: 'system', order: 75, icon: 'Setting', title: 'policy.settings' } } },
] satisfies ConsoleRoute[]
