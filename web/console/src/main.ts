import './style.css'
import { createApp } from 'vue'
import App from './App.vue'
import { i18n, language, speak } from './i18n'
import { router } from './router'

void speak(language())
createApp(App).use(i18n).use(router).mount('#app')
