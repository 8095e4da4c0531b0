import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { api, hooks, Problem } from './api'

interface Asked { path: string; key: string | null }
const asked: Asked[] = []
let answers: (() => Promise<Response>)[] = []
const made = () => Promise.resolve(new Response('{"user":"u"}', { status: 201 }))
const gone = () => Promise.reject(new TypeError('gone'))
beforeEach(() => {
  asked.length = 0
  hooks.csrf = 'c'
  vi.stubGlobal('document', { baseURI: 'http://server/console/' })
  vi.stubGlobal('fetch', (url: string, { headers }: { headers: Record<string, string> }) => {
    asked.push({ path: new URL(url).pathname, key: headers['idempotency-key'] ?? null })
    return (answers.shift() ?? made)()
  })
})
afterEach(() => { answers = []; vi.unstubAllGlobals() })
const add = (staff_no: string) => api.post('/v1/users', { body: { staff_no, name: 'n' } })

it('an act whose answer was lost is sent again under the same key; another one under its own', async () => {
  answers = [gone, gone, made]
  await expect(add('1')).rejects.toMatchObject({ code: 'unanswered' })
  await expect(add('1')).rejects.toBeInstanceOf(Problem)
  await add('1')
  await add('1') // answered: this is a new one
  await add('2')
  const keys = asked.map(one => one.key)
  expect(keys.every(key => /^[0-9a-f]{32}$/.test(String(key)))).toBe(true)
  expect([keys[1], keys[2]]).toEqual([keys[0], keys[0]])
  expect(new Set(keys).size).toBe(3)
})
it('a key is kept for the next thing alone: what else was done since makes the same again another one', async () => {
  const changes: (() => Promise<unknown>)[] = [
    () => add('7'), () => api.patch('/v1/users/{user}', { path: { user: 'u' }, body: { name: 'm' } }),
    () => api.put('/v1/console/phones/{phone}', { path: { phone: 'p' } }), () => api.del('/v1/operator-tokens/{token_id}', { path: { token_id: 't' } }),
  ]
  for (const change of changes) {
    asked.length = 0
    answers = [gone, made, made]
    await expect(add('6')).rejects.toMatchObject({ code: 'unanswered' })
    await change()
    await add('6')
    expect(asked[2]?.key).not.toBe(asked[0]?.key)
  }
})
it('what was only read, or was refused, leaves the key as it is', async () => {
  const refused = () => Promise.resolve(new Response('{"code":"x","title":"t"}', { status: 409 }))
  answers = [gone, made, refused, made]
  await expect(add('8')).rejects.toMatchObject({ code: 'unanswered' })
  await api.get('/v1/users')
  await expect(add('9')).rejects.toMatchObject({ status: 409 })
  await add('8')
  expect(asked[3]?.key).toBe(asked[0]?.key)
})
it('an answer that is given again is told as such, once', async () => {
  hooks.repeated = vi.fn()
  answers = [gone, () => Promise.resolve(new Response('{"user":"u"}', { status: 201, headers: { 'Idempotency-Replayed': 'true' } })), made]
  await expect(add('10')).rejects.toMatchObject({ code: 'unanswered' })
  expect(await add('10')).toEqual({ user: 'u' })
  await add('10')
  expect(hooks.repeated).toHaveBeenCalledTimes(1)
})
it('what the server refused begins anew; what a proxy could not hand on does not', async () => {
  const refused = (status: number) => () => Promise.resolve(new Response('{"code":"x","title":"t"}', { status }))
  answers = [refused(409), refused(502), made]
  await expect(add('3')).rejects.toMatchObject({ status: 409 })
  await expect(add('3')).rejects.toMatchObject({ status: 502 })
  await add('3')
  expect(asked[1]?.key).not.toBe(asked[0]?.key)
  expect(asked[2]?.key).toBe(asked[1]?.key)
})
it('a second click is the first one', async () => {
  expect(await Promise.all([add('4'), add('4'), add('5')])).toHaveLength(3)
  expect(asked).toHaveLength(2)
})
it('a challenge is for whoever asked', async () => {
  await Promise.all([api.post('/v1/console/challenges'), api.post('/v1/console/challenges')])
  expect(asked.map(one => one.key)).toEqual([null, null])
  await api.post('/v1/console/phones')
  expect(asked[2]?.key).toMatch(/^[0-9a-f]{32}$/)
})
