// The tasks of the person whose the app is now: as the server listed them last, which of them were opened, and which are chosen to be signed together.
import type { Task } from '@yiqian/device'
import { computed, reactive, shallowReactive, watch } from 'vue'
import { device, store } from '../device'

export const MOST = 1000 // signed in one request

interface Inbox {
  state: 'empty' | 'loading' | 'ready' | 'failed'
  tasks: Task[]
  /** There are more than can be signed at once; they come when these are done. */
  more: boolean
  error: unknown
  readAt: number
}
const nothing = (): Inbox => ({ state: 'empty', tasks: [], more: false, error: null, readAt: 0 })
export const inbox = shallowReactive<Inbox>(nothing())
/** Opened, or read to its end, in this session: ids. */
export const opened = reactive(new Set<string>())
export const read = reactive(new Set<string>())
/** Opened, and nothing, or not all of it, to be seen: these count as not opened. */
export const notShown = reactive(new Set<string>())
export const chosen = reactive(new Set<string>())
/** Chosen, and not to be signed all the same: left out at the review. */
export const leftOut = reactive(new Set<string>())
/** What a screen's code brought to be signed; they need not be in the list that is here. */
const brought = shallowReactive(new Map<string, Task>())

const rank = { urgent: 0, high: 1, normal: 2 }
/** The highest priority first, then the oldest. */
export const inOrder = (tasks: Task[]): Task[] => [...tasks].sort((a, b) => rank[a.priority] - rank[b.priority] || (a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0))

/** Signed together with others only where what is signed can be seen, and this version knows how. */
export const batchable = (task: Task) => task.hasDocument && task.kind === 'document' && task.form !== 'other'

let reading: Promise<void> | null = null
let next: Promise<void> | null = null
/** Resolves with a list that is no older than the call: one that is being read already may lack what has happened since, or be another person's. */
export function refresh(): Promise<void> {
  if (reading) return (next ??= reading.then(() => { next = null; return refresh() }))
  return (reading = pullAll().finally(() => { reading = null }))
}

async function pullAll() {
  const key = store.current?.key
  if (!key) return
  if (inbox.state !== 'ready') inbox.state = 'loading'
  try {
    const found = new Map<string, Task>()
    let after = ''
    do {
      const { tasks, next } = await device().pull(key, after, 200)
      for (const task of tasks) found.set(task.task, task)
      after = next
    } while (after && found.size < MOST)
    if (store.current?.key !== key) return
    Object.assign(inbox, { state: 'ready', tasks: inOrder([...found.values()]).slice(0, MOST), more: !!after, error: null, readAt: Date.now() })
    for (const id of chosen) if (!find(id)) chosen.delete(id)
  } catch (error) {
    if (store.current?.key !== key) return
    inbox.error = error
    if (inbox.state !== 'ready') inbox.state = 'failed'
  }
}

export const find = (id: string): Task | undefined => inbox.tasks.find(one => one.task === id) ?? brought.get(id)

/** The task, from the list that is here or the one that the server has. */
export async function look(id: string): Promise<Task | undefined> {
  if (!find(id)) await refresh()
  return find(id)
}

export function bring(tasks: Task[]) {
  brought.clear()
  chosen.clear()
  leftOut.clear()
  for (const task of tasks) { brought.set(task.task, task); chosen.add(task.task) }
}

/** Is no more to be done: signed, declined, or gone. */
export function done(ids: string[]) {
  const over = new Set(ids)
  inbox.tasks = inbox.tasks.filter(one => !over.has(one.task))
  for (const id of ids) { chosen.delete(id); leftOut.delete(id); brought.delete(id) }
}

export const chosenTasks = computed(() => inOrder([...chosen].map(find).filter(task => task !== undefined)))

// Another person's are none of this one's business; and what arrives is read at once.
watch(() => store.current?.key, () => {
  Object.assign(inbox, nothing())
  for (const set of [opened, read, notShown, chosen, leftOut]) set.clear()
  brought.clear()
  if (store.current) void refresh()
}, { immediate: true })
watch(() => store.tasksChanged, () => { if (store.current) void refresh() })
