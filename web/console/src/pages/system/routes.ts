import type { ConsoleRoute } from '../../router'

export default [
  { path: '/check', name: 'check', component: () => import('./Check.vue'), meta: { permission: 'system.read', menu: { group: 'system', order: 10, icon: 'FirstAidKit', title: 'system.check' } } },
  { path: '/monitoring', name: 'monitoring', component: () => import('./Monitoring.vue'), meta: { permission: 'system.read', menu: { group: 'system', order: 20, icon: 'Odometer', title: 'system.monitoring' } } },
  { path: '/alarms', name: 'alarms', component: () => import('./Alarms.vue'), meta: { permission: 'system.read', menu: { group: 'system', order: 30, icon: 'Bell', title: 'system.alarms' } } },
  { path: '/audit', name: 'audit', component: () => import('./AuditLog.vue'), meta: { permission: 'audit.read', menu: { group: 'system', order: 80, icon: 'Notebook', title: 'system.audit' } } },
  { path: '/business-log', name: 'business-log', component: () => import('./BusinessLog.vue'), meta: { permission: 'audit.read', menu: { group: 'system', order: 90, icon: 'Tickets', title: 'system.business' } } },
] satisfies ConsoleRoute[]
