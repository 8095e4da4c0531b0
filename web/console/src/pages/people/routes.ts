import type { ConsoleRoute } from '../../router'

export default [
  { path: '/users', name: 'users', component: () => import('./Users.vue'), meta: { permission: 'users.read', menu: { group: 'people', order: 10, icon: 'User', title: 'people.users' } } },
  { path: '/users/import', name: 'user-import', component: () => import('./UserImport.vue'), meta: { permission: 'users.manage', under: 'users' } },
  { path: '/users/activation', name: 'activation-sheet', component: () => import('./ActivationSheet.vue'), meta: { permission: 'devices.manage', under: 'users' } },
  { path: '/users/:user', name: 'user', component: () => import('./User.vue'), props: true, meta: { permission: 'users.read', under: 'users' } },
  { path: '/keys', name: 'keys', component: () => import('./Keys.vue'), meta: { permission: 'devices.read', menu: { group: 'people', order: 15, icon: 'Cellphone', title: 'keys.title' } } },
  { path: '/departments', name: 'departments', component: () => import('./Departments.vue'), meta: { permission: 'users.read', menu: { group: 'people', order: 20, icon: 'OfficeBuilding', title: 'people.departments' } } },
  { path: '/seals', name: 'seals', component: () => import('./Seals.vue'), meta: { permission: 'users.manage', menu: { group: 'people', order: 30, icon: 'Stamp', title: 'people.seals' } } },
] satisfies ConsoleRoute[]
