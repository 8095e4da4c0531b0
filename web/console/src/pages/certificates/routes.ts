import type { ConsoleRoute } from '../../router'

export default [
  { path: '/certificates', name: 'certificates', component: () => import('./Certificates.vue'), meta: { permission: 'certificates.read', menu: { group: 'certificates', order: 10, icon: 'Postcard', title: 'certificates.title' } } },
  { path: '/certificates-expiring', name: 'expiring', component: () => import('./Expiring.vue'), meta: { permission: 'certificates.read', menu: { group: 'certificates', order: 20, icon: 'Timer', title: 'certificates.expiring' } } },
  { path: '/certificates-statistics', name: 'certificate-statistics', component: () => import('./Statistics.vue'), meta: { permission: 'certificates.read', menu: { group: 'certificates', order: 30, icon: 'PieChart', title: 'certificates.statistics' } } },
  { path: '/certificates/:serial', name: 'certificate', component: () => import('./Certificate.vue'), meta: { permission: 'certificates.read', under: 'certificates' } },
  { path: '/profiles', name: 'profiles', component: () => import('./Profiles.vue'), meta: { permission: 'profiles.read', menu: { group: 'certificates', order: 40, icon: 'Tickets', title: 'profiles.title' } } },
  { path: '/profiles-new', name: 'profile-new', component: () => import('./ProfileEdit.vue'), meta: { permission: 'profiles.manage', under: 'profiles' } },
  { path: '/profiles/:profile', name: 'profile', component: () => import('./Profile.vue'), meta: { permission: 'profiles.read', under: 'profiles' } },
  { path: '/profiles/:profile/edit', name: 'profile-edit', component: () => import('./ProfileEdit.vue'), meta: { permission: 'profiles.manage', under: 'profiles' } },
  { path: '/authority', name: 'authority', component: () => import('./Authority.vue'), meta: { permission: 'certificates.read', menu: { group: 'certificates', order: 50, icon: 'Stamp', title: 'authority.title' } } },
] satisfies ConsoleRoute[]
