import { expect, it, vi } from 'vitest'
import { ref } from 'vue'
import { api, Problem } from './api'
import { useList, useLoading } from './list'

const toasts = vi.hoisted(() => ({ n: 0 }))
vi.mock('./failure', () => ({ toast: () => { toasts.n++ } }))

it('what could not be loaded says why, and is nothing that is not there; tried again, it comes', async () => {
  let down = true
  const got: number[] = []
  const loaded = useLoading(async () => {
    if (await Promise.resolve(down)) throw new Problem(0, 'unreachable', '', '')
    got.push(1)
  })
  expect([loaded.loading.value, loaded.failed.value]).toEqual([true, null])
  await vi.waitFor(() => expect(loaded.loading.value).toBe(false))
  expect(loaded.failed.value).toMatchObject({ code: 'unreachable' })
  down = false
  await loaded.reload()
  expect([loaded.failed.value, loaded.loading.value, got]).toEqual([null, false, [1]])
})

it('an answer that is late knows it; what the page asks by itself turns no wheel and shouts nothing', async () => {
  const waiting: ((failed?: Error) => void)[] = []
  const kept: number[] = []
  let asked = 0
  const loaded = useLoading(async ({ background, late }) => {
    const mine = ++asked
    await new Promise<void>((done, failed) => waiting.push(why => (why ? failed(why) : done())))
    if (!late()) kept.push(background ? -mine : mine)
  })
  const second = loaded.reload()
  waiting[1]?.()
  await second
  waiting[0]?.()
  await Promise.resolve()
  expect([kept, loaded.loading.value]).toEqual([[2], false])
  toasts.n = 0
  const third = loaded.look()
  expect(loaded.loading.value).toBe(false)
  waiting[2]?.(new Problem(0, 'unreachable', '', ''))
  await third
  expect([loaded.failed.value, toasts.n]).toMatchObject([{ code: 'unreachable' }, 0])
  const fourth = loaded.look()
  waiting[3]?.()
  await fourth
  expect([loaded.failed.value, kept]).toEqual([null, [2, -4]])
})

it('further rows are of what was searched for, though somebody types something else meanwhile', async () => {
  const asked: unknown[] = []
  const get = vi.spyOn(api, 'get').mockImplementation((async (_path: string, { query }: { query: object }) => {
    asked.push(query)
    return { items: [{ operator: String(asked.length) }], next: 'n' }
  }) as never)
  const staffNo = ref('A1')
  const list = useList('/v1/operators', () => ({ staff_no: staffNo.value }), { limit: 1 })
  await vi.waitFor(() => expect(list.next.value).toBe('n'))
  staffNo.value = 'B2'
  await list.more()
  expect(asked).toEqual([{ staff_no: 'A1', after: undefined, limit: 1 }, { staff_no: 'A1', after: 'n', limit: 1 }])
  await vi.waitFor(() => expect(asked[2]).toEqual({ staff_no: 'B2', after: undefined, limit: 1 }))
  expect(list.rows.value.length).toBe(1)
  get.mockRestore()
})

it('a list that the page looks at by itself turns no wheel and shouts nothing, and keeps the further rows', async () => {
  const asked: { background?: boolean; after?: string }[] = []
  let down = false
  const get = vi.spyOn(api, 'get').mockImplementation((async (_path: string, options: { query: { after?: string }; background?: boolean }) => {
    asked.push({ background: options.background, after: options.query.after })
    if (await Promise.resolve(down)) throw new Problem(0, 'unreachable', '', '')
    return { items: [{ approval: String(asked.length) }], next: 'n' }
  }) as never)
  const before = toasts.n
  const list = useList('/v1/approvals', () => ({}), { limit: 1 })
  await vi.waitFor(() => expect(list.loading.value).toBe(false))
  const look = list.look()
  expect(list.loading.value).toBe(false)
  await look
  expect([asked[1], list.rows.value]).toEqual([{ background: true, after: undefined }, [{ approval: '2' }]])
  down = true
  await list.look()
  expect([toasts.n, list.rows.value.length]).toEqual([before, 1])
  down = false
  await list.more()
  await list.look()
  expect([asked.length, list.rows.value.length]).toEqual([4, 2])
  get.mockRestore()
})
