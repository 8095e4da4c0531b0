import type { ConsoleRoute } from '../../router'

export default [
  { path: '/signatures', name: 'signatures', component: () => import('./Signatures.vue'), meta: { permission: 'signatures.read', menu: { group: 'records', order: 10, icon: 'DocumentChecked', title: 'records.menu.signatures' } } },
  { path: '/signatures/:task', name: 'signature', component: () => import('./Story.vue'), meta: { permission: 'signatures.read', under: 'signatures' } },
  { path: '/verify', name: 'verify', component: () => import('./Verify.vue'), meta: { permission: ['signatures.read', 'timestamps.read'], menu: { group: 'records', order: 20, icon: 'Checked', title: 'records.menu.verify' } } },
  { path: '/statistics', name: 'statistics', component: () => import('./Statistics.vue'), meta: { permission: 'signatures.read', menu: { group: 'records', order: 30, icon: 'TrendCharts', title: 'records.menu.statistics' } } },
  { path: '/tokens', name: 'tokens', component: () => import('./Tokens.vue'), meta: { permission: 'timestamps.read', menu: { group: 'timestamps', order: 10, icon: 'Stamp', title: 'records.menu.tokens' } } },
  { path: '/tokens/:serial', name: 'token', component: () => import('./Token.vue'), meta: { permission: 'timestamps.read', under: 'tokens' } },
  { path: '/token-statistics', name: 'tokenStatistics', component: () => import('./TokenStatistics.vue'), meta: { permission: 'timestamps.read', menu: { group: 'timestamps', order: 15, icon: 'Histogram', title: 'records.menu.tokenStatistics' } } },
] satisfies ConsoleRoute[]
