// The one Device of this page and what is known through it; everything on the pages reads `store`.
import { openDevice, type Device, type Key, type YiqianError } from '@yiqian/device'
import { markRaw, shallowReactive } from 'vue'
import { explain } from './failure'
import { keyNotice } from './identity'
import { tellTasks } from './notify'
import { recall, remember } from './prefs'
import { asServer, measureSkew, readServer } from './server'
import { shell } from './shell'
import { before } from './trial'

export { authenticate } from './auth'
export { explain, fail } from './failure'

export interface Store {
  state: 'opening' | 'ready' | 'elsewhere' | 'failed'
  /** Why it failed. */
  error: unknown
  device: Device | null
  keys: Key[]
  /** Whose the app is now; null: nobody's. */
  current: Key | null
  /** Where new identities come from; "": not chosen yet. */
  server: string
  online: boolean
  /** Seconds by which this phone's clock is ahead of the server's; null: not known. */
  clockSkew: number | null
  /** Counts up whenever the tasks of the current identity are others. */
  tasksChanged: number
}
export const store = shallowReactive<Store>({
  state: 'opening', error: null, device: null, keys: [], current: null, server: '', online: true, clockSkew: null, tasksChanged: 0,
})

let opening: Promise<void> = Promise.resolve()
/** Resolves when the storage was opened, or was not. */
export const opened = (): Promise<void> => opening

export function open(takeOver = false): Promise<void> {
  store.state = 'opening'
  opening = begin(takeOver).catch((error: unknown) => {
    store.error = error
    store.state = (error as Partial<YiqianError>).status === 'in_use' ? 'elsewhere' : 'failed'
  })
  return opening
}

async function begin(takeOver: boolean) {
  const device = await openDevice({
    platform: shell?.platform ?? 'web', takeOver, fingerprint: shell?.fingerprint,
    onClosed: () => { if (store.device === device) leave('elsewhere') },
  })
  try {
    store.server = await device.server()
    // A web app's server is the one it came from; a shell lets its page reach one alone.
    const reached = shell ? before() ?? shell.server : location.origin
    if (reached && store.server !== reached) await device.setServer(store.server = reached)
    store.device = markRaw(device)
    await reload()
  } catch (error) {
    store.device = null
    await device.close().catch(() => undefined)
    throw error
  }
  // A phone of several, or one that was handed over, is opened with a PIN, also when the others are gone from it.
  if (shared()) remember('identity', null)
  const mine = usable().find(one => one.key === recall('identity'))
  if (mine) choose(mine)
  store.state = 'ready'
  void lookAtServer()
  looksAtKey ||= window.setInterval(() => { if (!document.hidden) void lookAtKey() }, 10_000)
}

function leave(state: 'elsewhere' | 'failed') {
  waiting?.abort()
  Object.assign(store, { state, device: null, current: null, keys: [] })
}

/** The Device; pages are shown only while there is one. */
export function device(): Device {
  if (!store.device) throw new Error('no device')
  return store.device
}

const usable = () => store.keys.filter(one => one.stage === 'enrolled')
/** Keys of several persons are on this phone. */
export const shared = (): boolean => new Set(usable().map(one => `${one.server} ${one.staffNo}`)).size > 1

/** Reads again what is known here. */
export async function reload() {
  store.keys = await device().keys()
  const again = store.keys.find(one => one.key === store.current?.key && one.stage === 'enrolled')
  if (store.current && !again) choose(null)
  else if (again) store.current = again
}

/** Asks the server about the current identity; what it cannot be asked stays as it was. */
export async function syncCurrent() {
  const key = store.current
  if (!key) return
  try {
    await device().sync(key.key)
  } finally {
    await reload()
  }
}

/** Makes this the identity that the app is for. */
export function choose(key: Key | null) {
  const other = store.current?.key !== key?.key
  store.current = key
  remember('identity', key?.key ?? null)
  if (other) watchTasks()
}

// ---- Tasks that arrive ----

let waiting: AbortController | null = null
function watchTasks() {
  waiting?.abort()
  waiting = null
  over = false
  const key = store.current
  if (!key) return void (store.device && tellTasks(store.device, null).catch(() => undefined))
  const { signal } = (waiting = new AbortController())
  const offline = (error: YiqianError | null) => {
    if (signal.aborted) return
    store.online = !error
    if (error) lookUntilBack()
  }
  device().watch(key.key, () => { store.online = true; store.tasksChanged++; void tellTasks(device(), key.key).catch(() => undefined) }, { signal, offline }).catch((error: unknown) => {
    if (signal.aborted) return
    // It can sign no more: what the server told stands in the key.
    over = explain(error).action !== 'enrol'
    void reload().catch(() => undefined)
  })
}
/** The waiting tries again ever more rarely; where the server is back sooner, so are the tasks. */
let looking = 0
function lookUntilBack() {
  if (looking) return
  looking = window.setInterval(() => {
    const stop = () => { clearInterval(looking); looking = 0 }
    if (store.online || !store.device) return stop()
    if (document.hidden) return
    void lookAtServer(true).then(answered => {
      if (!answered || store.online) return
      stop()
      store.online = true
      watchTasks()
    })
  }, 5000)
}
/** The waiting has ended, and not for good. */
let over = false
let looksAtKey = 0
/** What stopped the key may pass (unlocked, unfrozen, resumed), and where the waiting has ended nothing tells of it: it is asked. */
export async function lookAtKey(): Promise<void> {
  const key = store.current
  const stopped = key && keyNotice(key, Date.now())
  const passes = stopped?.grade === 'bad' ? ['locked', 'frozen', 'certificate_frozen'].includes(stopped.name) : over
  if (!key || !passes || store.state !== 'ready') return
  await syncCurrent().catch(() => undefined)
  if (over && store.current?.key === key.key && keyNotice(store.current, Date.now())?.grade !== 'bad') watchTasks()
}
/** After what ended the waiting is over (unlocked, renewed). */
export function watchAgain() { watchTasks() }

// ---- The server, and this phone's clock ----

let looked = 0
/** true: it answered now. */
export async function lookAtServer(again = false): Promise<boolean> {
  const url = store.current?.server || store.server
  if (!url || (!again && Date.now() - looked < 60_000)) return false
  looked = Date.now()
  try {
    const before = Date.now()
    const server = asServer(await readServer(url))
    store.clockSkew = measureSkew(server.time, before, Date.now())
    return true
  } catch {
    looked = 0
    return false
  }
}

addEventListener('online', () => { store.online = true; void lookAtServer(true) })
addEventListener('offline', () => { store.online = false })
document.addEventListener('visibilitychange', () => { if (!document.hidden && store.state === 'ready') { void lookAtServer(); void lookAtKey() } })
