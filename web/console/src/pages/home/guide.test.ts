import { afterEach, expect, it, vi } from 'vitest'
import { session, type Session } from '../../session'
import { look } from './guide'

const answers: Record<string, unknown> = {}
vi.stubGlobal('document', { baseURI: 'http://server/console/' })
vi.stubGlobal('fetch', (url: string) => Promise.resolve(new Response(JSON.stringify(answers[new URL(url).pathname] ?? { items: [] }))))
afterEach(() => { session.last = null })
const backup = async (schedule: string, ...states: string[]) => {
  session.last = { permissions: ['backup.manage'] } as unknown as Session
  Object.assign(answers, { '/v1/backup-settings': { schedule }, '/v1/backups': { items: states.map(state => ({ state })) } })
  const found = await look()
  expect(found.map(one => one.step.name)).toEqual(['backup'])
  return found[0]?.done
}

it('regular backups are seen to once there is a schedule: one by hand is none', async () => {
  expect(await backup('off')).toBe(false)
  expect(await backup('off', 'failed', 'done')).toBe(false)
  expect(await backup('daily')).toBe(true)
})
