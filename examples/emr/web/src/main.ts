import 'element-plus/dist/index.css'
import './style.css'
import { createApp } from 'vue'
import App from './App.vue'
import { i18n, speak } from './i18n'
import { router } from './router'

speak(i18n.global.locale.value as 'zh-CN' | 'en')
createApp(App).use(i18n).use(router).mount('#app')
