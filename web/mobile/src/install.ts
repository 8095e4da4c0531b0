// As an app on the home screen, where the browser offers that; and newer files, when there are.
import { ref } from 'vue'
import { shell } from './shell'

interface InstallPrompt extends Event { prompt(): Promise<unknown> }
let offered: InstallPrompt | null = null
export const installable = ref(false)
addEventListener('beforeinstallprompt', event => {
  event.preventDefault()
  offered = event as InstallPrompt
  installable.value = true
})
addEventListener('appinstalled', () => { offered = null; installable.value = false })
export async function install() {
  await offered?.prompt()
  offered = null
  installable.value = false
}

/** A newer version waits: set when the person can take it. */
export const update = ref<(() => void) | null>(null)

/** sw.js keeps this version's own files, so that the app opens with the server gone. A shell carries them itself. */
export async function serve() {
  if (shell || !('serviceWorker' in navigator) || import.meta.env.DEV) return
  let taken = false
  const registration = await navigator.serviceWorker.register(`${import.meta.env.BASE_URL}sw.js`, { scope: import.meta.env.BASE_URL, updateViaCache: 'none' })
  const offer = (worker: ServiceWorker | null) => {
    if (worker?.state === 'installed' && navigator.serviceWorker.controller) update.value = () => { taken = true; worker.postMessage('take') }
  }
  offer(registration.waiting)
  registration.addEventListener('updatefound', () => {
    const worker = registration.installing
    worker?.addEventListener('statechange', () => offer(worker))
  })
  navigator.serviceWorker.addEventListener('controllerchange', () => { if (taken) location.reload() })
  document.addEventListener('visibilitychange', () => { if (!document.hidden) void registration.update().catch(() => undefined) })
}
