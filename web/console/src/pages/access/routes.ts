import type { ConsoleRoute } from '../../router'

export default [
  { path: '/login', name: 'login', component: () => import('./Login.vue'), meta: { bare: true } },
  { path: '/first', name: 'first', component: () => import('./First.vue'), meta: { bare: true } },
  { path: '/setup', name: 'setup', component: () => import('./Setup.vue'), meta: { bare: true } },
  { path: '/operators', name: 'operators', component: () => import('./Operators.vue'), meta: { permission: 'operators.read', menu: { group: 'access', order: 10, icon: 'UserFilled', title: 'access.operators' } } },
  { path: '/operators/:operator', name: 'operator', component: () => import('./Operator.vue'), meta: { permission: 'operators.read', under: 'operators' } },
  { path: '/roles', name: 'roles', component: () => import('./Roles.vue'), meta: { permission: 'operators.read', menu: { group: 'access', order: 20, icon: 'Lock', title: 'access.roles' } } },
  { path: '/approvals', name: 'approvals', component: () => import('./Approvals.vue'), meta: { menu: { group: 'access', order: 30, icon: 'Checked', title: 'access.approvals' } } },
  { path: '/sessions', name: 'sessions', component: () => import('./Sessions.vue'), meta: { permission: 'operators.read', menu: { group: 'access', order: 40, icon: 'Monitor', title: 'access.sessions' } } },
  { path: '/account', name: 'account', component: () => import('./Account.vue') },
] satisfies ConsoleRoute[]
