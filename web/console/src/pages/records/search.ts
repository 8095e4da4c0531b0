// Searching signatures: the server goes through some of them at a time and says how far it came; here it is asked on until a page is full.
import { ref, shallowRef } from 'vue'
import { api, type Query, type Schemas } from '../../api'

export type Entry = Schemas['SignatureEntry']
export type Filter = Omit<NonNullable<Query<'/v1/signatures'>>, 'after' | 'limit'>
const PAGE = 50
/** How often one page asks on before a person is asked whether to. */
const STEPS = 20

export function useSearch() {
  const rows = shallowRef<Entry[]>([])
  const loading = ref(false)
  const failed = shallowRef<unknown>(null)
  const next = ref<string | null>(null)
  const searchedTo = ref<string | null>(null)
  let filter: Filter = {}
  let asked: AbortController | undefined

  async function on(after: string | null) {
    asked?.abort()
    const mine = asked = new AbortController()
    const wanted = (after ? rows.value.length : 0) + PAGE
    loading.value = true
    failed.value = null
    try {
      for (let step = 0; step < STEPS && (step === 0 || (after && rows.value.length < wanted)); step++) {
        const page = await api.get('/v1/signatures', { query: { ...filter, after: after ?? undefined, limit: PAGE }, signal: mine.signal })
        if (mine.signal.aborted) return
        rows.value = after ? [...rows.value, ...page.items] : page.items
        after = next.value = page.next
        searchedTo.value = page.searched_to
      }
    } catch (error) {
      if (mine.signal.aborted) return
      failed.value = error
      if (!after) { rows.value = []; next.value = null }
    } finally {
      if (asked === mine) loading.value = false
    }
  }
  return {
    rows, loading, failed, next, searchedTo,
    search: (what: Filter) => { filter = what; rows.value = []; return on(null) },
    more: () => on(next.value),
  }
}

/** All that fits, for a sheet: at most `most`. */
export async function everyEntry(filter: Filter, progress: (n: number) => void, most = 50_000): Promise<Entry[]> {
  const all: Entry[] = []
  for (let after: string | null = null; ;) {
    const page: Schemas['SignatureList'] = await api.get('/v1/signatures', { query: { ...filter, after: after ?? undefined, limit: 200 } })
    all.push(...page.items)
    progress(all.length)
    after = page.next
    if (!after || all.length >= most) return all.slice(0, most)
  }
}
