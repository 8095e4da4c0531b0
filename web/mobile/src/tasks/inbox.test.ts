import type { Task } from '@yiqian/device'
import { expect, it, vi } from 'vitest'

const pulls: ((ids: string[]) => void)[] = []
vi.mock('../device', () => ({
  store: { current: { key: 'k' }, tasksChanged: 0 },
  device: () => ({ pull: () => new Promise(done => pulls.push(ids => done({ tasks: ids.map(task => ({ task, priority: 'normal', createdAt: '' }) as Task), next: '' }))) }),
}))
const { find, look, refresh } = await import('./inbox')

it('a list that was asked for is no older than the asking', async () => {
  await vi.waitFor(() => expect(pulls).toHaveLength(1)) // the first, of the person's coming
  let over = false
  const asked = refresh().then(() => { over = true })
  const looked = look('new')
  pulls[0]!(['old'])
  await vi.waitFor(() => expect(pulls).toHaveLength(2))
  expect(over).toBe(false)
  pulls[1]!(['new'])
  await asked
  expect(find('old')).toBeUndefined()
  expect((await looked)?.task).toBe('new')
  expect(pulls).toHaveLength(2) // those who wait share one
})
