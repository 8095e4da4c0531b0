// In a shell: how many tasks wait, told by the phone while nobody looks at the app.
import type { Device } from '@yiqian/device'
import { ref } from 'vue'
import { recall, remember } from './prefs'
import { shell } from './shell'

export const notified = ref(recall('notify') === 'on')

/** false: the phone's own settings do not allow it. */
export async function setNotified(on: boolean): Promise<boolean> {
  const allowed = !on || !!(await shell?.allowNotifications())
  notified.value = on && allowed
  remember('notify', notified.value ? 'on' : null)
  if (!on) await shell?.notify(0)
  return allowed
}

/** The shell itself stays silent while the app is looked at. */
export async function tellTasks(device: Device, key: string | null) {
  if (!shell || !notified.value) return
  await shell.notify(key ? (await device.pull(key, '', 200)).tasks.length : 0)
}
