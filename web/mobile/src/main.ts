import './style.css'
import { createApp } from 'vue'
import App from './App.vue'
import { open } from './device'
import { i18n, language, speak } from './i18n'
import { serve } from './install'
import { applyPrefs } from './prefs'
import { router } from './router'
import { findShell } from './shell'
import { giveBack } from './trial'

applyPrefs()
speak(language())
await findShell().catch(console.error)
// Closed while another server was looked at: that one was not taken.
if (!location.hash.startsWith('#/server') && await giveBack().catch(() => false)) location.reload()
void open()
createApp(App).use(i18n).use(router).mount('#app')
void serve().catch(() => undefined) // without it the app works, but not with the server gone
