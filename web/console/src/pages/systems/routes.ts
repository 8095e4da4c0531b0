import type { ConsoleRoute } from '../../router'

export default [
  { path: '/systems', name: 'systems', component: () => import('./Systems.vue'), meta: { permission: 'systems.read', menu: { group: 'systems', order: 10, icon: 'Connection', title: 'systems.title' } } },
  { path: '/systems/new', name: 'systemNew', component: () => import('./SystemNew.vue'), meta: { permission: 'systems.manage', under: 'systems' } },
  { path: '/systems/:system', name: 'system', component: () => import('./System.vue'), props: true, meta: { permission: 'systems.read', under: 'systems' } },
  { path: '/callbacks', name: 'callbacks', component: () => import('./Callbacks.vue'), meta: { permission: 'systems.read', menu: { group: 'systems', order: 20, icon: 'Promotion', title: 'callbacks.title' } } },
] satisfies ConsoleRoute[]
