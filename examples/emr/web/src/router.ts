import { createRouter, createWebHistory } from 'vue-router'
import Mine from './pages/Mine.vue'
import Verify from './pages/Verify.vue'
import Ward from './pages/Ward.vue'

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', redirect: '/ward' },
    { path: '/ward/:patient?/:record?', component: Ward },
    { path: '/mine', component: Mine },
    { path: '/verify/:signing', component: Verify },
    { path: '/:rest(.*)*', redirect: '/ward' },
  ],
})
