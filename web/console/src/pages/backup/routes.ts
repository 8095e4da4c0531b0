import type { ConsoleRoute } from '../../router'

export default [
  { path: '/backup', name: 'backup', component: () => import('./Backup.vue'), meta: { permission: 'backup.manage', menu: { group: 'system', order: 50, icon: 'Coin', title: 'backups.title' } } },
] satisfies ConsoleRoute[]
