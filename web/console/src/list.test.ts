import { expect, it, vi } from 'vitest'
import { Problem } from './api'
import { useLoading } from './list'

vi.mock('./failure', () => ({ toast: () => undefined }))

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
