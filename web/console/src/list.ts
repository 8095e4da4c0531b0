// Lists by the server's cursor: one page after another, a newer question throwing away what an older one still brings.
import { getCurrentInstance, onActivated, onUnmounted, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { api, type Answer, type Query } from './api'
import { toast } from './failure'
import type { paths } from './schema'

export type ListPath = { [P in keyof paths]: Answer<P> extends { items: object[] } ? P : never }[keyof paths]
export type Row<P extends ListPath> = Answer<P> extends { items: (infer Item)[] } ? Item : never
type Filter<P extends ListPath> = Omit<Query<P>, 'after' | 'limit'>

/** What is loaded: a table shows that it is (v-loading), and says why it has nothing (parts/Empty.vue). */
export interface Loading {
  loading: Ref<boolean>
  /** What the last try threw; null where it came. */
  failed: ShallowRef<unknown>
  reload: () => Promise<void>
}
export interface List<T> extends Loading {
  rows: ShallowRef<T[]>
  /** Whether there are further ones. */
  next: Ref<string | null>
  more: () => Promise<void>
  /** The page asks by itself, as that of a Whole does. Where further rows were asked for it does not: they would go. */
  look: () => Promise<void>
}

export interface Whole extends Loading {
  /** The page asks by itself: it shows no wheel, and keeps no session from going idle. */
  look: () => Promise<void>
}
/** What get is asked with. Between its requests and before it keeps an answer it asks whether that is late: something newer was asked for since. */
export interface Asked { background: boolean; late: () => boolean }

/** What comes as a whole: get keeps it. says: the page shows itself, all the time (parts/Failed.vue), what did not come. */
export function useLoading(get: (asked: Asked) => Promise<void>, { says = false } = {}): Whole {
  const loading = ref(false)
  const failed = shallowRef<unknown>(null)
  let round = 0
  async function ask(background: boolean) {
    const now = ++round
    const late = () => now !== round
    loading.value ||= !background
    try {
      await get({ background, late })
      if (!late()) failed.value = null
    } catch (error) {
      if (late()) return
      failed.value = error
      if (!says && !background) toast(error)
    } finally { if (!late()) loading.value = false }
  }
  const reload = () => ask(false)
  void reload()
  if (getCurrentInstance()) {
    onActivated(() => { if (failed.value) void reload() }) // it asked while nobody was logged in
    onUnmounted(() => { round++ })
  }
  return { loading, failed, reload, look: () => ask(true) }
}

/** query: a function, whose change loads anew (a moment later: somebody types). */
export function useList<P extends ListPath>(path: P, query: () => Filter<P> = () => ({}) as Filter<P>, { limit = 50, params }: { limit?: number; params?: () => Record<string, string> } = {}): List<Row<P>> {
  const rows = shallowRef<Row<P>[]>([])
  const loading = ref(false)
  const failed = shallowRef<unknown>(null)
  const next = ref<string | null>(null)
  let round = 0
  /** What the rows are of: the next ones are asked for by the same, whatever somebody types meanwhile. */
  let asked: { query: Filter<P>; params?: Record<string, string> }
  async function load(after: string | null, background = false) {
    const mine = ++round
    loading.value ||= !background
    if (!after) asked = { query: query(), params: params?.() }
    try {
      const page = await listPage(path, { ...asked.query, after: after ?? undefined, limit }, asked.params, background)
      if (mine !== round) return
      rows.value = after ? [...rows.value, ...page.items] : page.items
      next.value = page.next
      failed.value = null
    } catch (error) {
      if (mine !== round) return
      failed.value = error
      if (!background) toast(error)
    } finally {
      if (mine === round) loading.value = false
    }
  }
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(() => JSON.stringify([query(), params?.()]), () => { clearTimeout(timer); timer = setTimeout(() => void load(null), 250) })
  void load(null)
  if (getCurrentInstance()) onActivated(() => { if (failed.value) void load(null) }) // it asked while nobody was logged in
  return { rows, loading, failed, next, more: async () => { if (next.value && !loading.value) await load(next.value) }, reload: () => load(null), look: async () => { if (!loading.value && rows.value.length <= limit) await load(null, true) } }
}

async function listPage<P extends ListPath>(path: P, query: object, params?: Record<string, string>, background = false): Promise<{ items: Row<P>[]; next: string | null }> {
  const page = await api.get(path as never, { query, path: params, background } as never) as { items: Row<P>[]; next?: string | null }
  return { items: page.items, next: page.next ?? null }
}

/** All of it, for a sheet: at most `most` rows. */
export async function everything<P extends ListPath>(path: P, query: Filter<P>, { most = 100_000, params, progress }: { most?: number; params?: Record<string, string>; progress?: (n: number) => void } = {}): Promise<Row<P>[]> {
  const all: Row<P>[] = []
  for (let after: string | null = null; ;) {
    const page: { items: Row<P>[]; next: string | null } = await listPage(path, { ...query, after: after ?? undefined, limit: 200 }, params)
    all.push(...page.items)
    progress?.(all.length)
    after = page.next
    if (!after || all.length >= most) return all.slice(0, most)
  }
}
