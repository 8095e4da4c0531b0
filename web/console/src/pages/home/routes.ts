import type { ConsoleRoute } from '../../router'

export default [
  { path: '/', name: 'home', component: () => import('./Home.vue'), meta: { menu: { group: 'home', order: 10, icon: 'HomeFilled', title: 'home.title' } } },
] satisfies ConsoleRoute[]
