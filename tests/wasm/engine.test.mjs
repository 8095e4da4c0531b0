// What goes wrong inside the module, and what stays in its memory.
import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { after, before, test } from 'node:test'
import { compiled, Disk, Engine, MemoryPlatform, PrfFingerprints, refused } from './memory.mjs'
import { pin, PIN, World } from './world.mjs'

let world
before(async () => { world = await World.open() })
after(() => world.close())

const OPTIONS = { platform: 'node', pinIterations: 10000, documentMax: 0 }

async function opened(died, platform = new MemoryPlatform(new Disk())) {
  const engine = await Engine.create(await compiled, platform, died)
  await engine.call('open', OPTIONS)
  return engine
}

/** A person of that number, enrolled. */
async function enrolled(engine, staffNo, options) {
  await engine.call('setServer', { url: world.server })
  await world.do('user', { staff: staffNo })
  const activationCode = await world.do('code', { staff: staffNo })
  const given = { server: null, staffNo, activationCode, deviceName: 'node', confirm: !!options }
  return { key: (await engine.call('enrol', given, [pin()], options)).value.key, code: activationCode }
}

const isWiped = engine => Buffer.from(engine.memory.buffer).every(byte => byte === 0)

const nowhere = (engine, text) => !Buffer.from(engine.memory.buffer).includes(text)

test('no PIN and no activation code is left in the memory of calls that have ended; nothing at all after the end', async () => {
  const engine = await opened()
  const { key, code } = await enrolled(engine, 'D1001', { ask: async () => ({ value: true, bytes: pin('135790') }) })
  await engine.call('changePin', { key }, [pin(), pin('583927')])
  assert.equal(await refused(() => engine.call('refresh', { key }, [pin()])), 'pin_wrong')
  assert.ok([PIN, '583927', '135790'].every(digits => nowhere(engine, digits)), 'a PIN')
  assert.ok(nowhere(engine, code), 'the activation code')
  assert.ok(!nowhere(engine, 'D1001'), 'the search finds what is there')
  await engine.close()
  assert.ok(isWiped(engine))
  assert.equal(await refused(() => engine.call('keys')), 'closed')
})

test('a call whose stack is too small ends everything, and overwrites nothing', async () => {
  let died = 0
  const engine = await Engine.create(await compiled, new MemoryPlatform(new Disk()), () => { died++ }, 1024)
  const outcome = await engine.call('open', OPTIONS).then(() => 'ok', error => error.constructor.name)
  assert.equal(outcome, 'RuntimeError')
  assert.equal(died, 1)
  assert.equal(await refused(() => engine.call('keys')), 'closed')
  assert.ok(isWiped(engine))
})

test('where memory is out the call says so, and others go on', async () => {
  const engine = await opened()
  assert.equal(await refused(() => engine.call('checkPin', {}, [new Uint8Array(600 * 2 ** 20)])), 'out_of_memory')
  assert.equal(await refused(() => engine.call('checkPin', {}, [pin()])), 'ok')
  assert.equal(await refused(() => engine.call('checkPin', {}, [pin('111111')])), 'weak_pin')
  await engine.close()
})

test('arguments that are none are refused by the module', async () => {
  const engine = await opened()
  for (const [name, given] of [['nothing', {}], ['setServer', {}], ['setServer', { url: 5 }], ['setServer', { url: 'a\\u0000b' }], ['pull', { key: 'x', limit: 0 }],
    ['sign', { key: 'x', items: [{ task: {} }] }], ['certificate', { key: 'x', place: 3 }], ['authorisationLook', { handle: 64 }]]) {
    assert.equal(await refused(() => engine.call(name, given, [pin()])), 'invalid_argument', `${name} ${JSON.stringify(given)}`)
  }
  assert.equal(await refused(() => engine.call('sign', { key: 'x', items: [], fingerprint: false }, [])), 'weak_pin')
  assert.equal(await refused(() => engine.call('authorisationLook', { handle: 5 })), 'closed')
  await engine.close()
})

test('an answer that is none says no, and holds nothing up', async () => {
  const engine = await opened()
  assert.equal(await refused(() => enrolled(engine, 'D1002', { ask: async () => ({ value: 1n, bytes: pin() }) })), 'declined')
  assert.ok(Array.isArray((await engine.call('keys')).value))
  await engine.close()
})

test('a call that cannot go on ends everything: what it holds would be held for ever', async () => {
  let died = 0
  const engine = await opened(() => { died++ })
  engine.wait = () => Promise.reject(new Error('broken'))
  const saving = refused(() => engine.call('setServer', { url: world.server }))
  await assert.rejects(() => engine.call('server'), /broken/) // which waits for the other
  assert.equal(await saving, 'closed')
  assert.equal(died, 1)
  assert.ok(isWiped(engine))
})

test('what the platform gives after the end is not written, and is wiped', async () => {
  const platform = new MemoryPlatform(new Disk())
  let give
  const record = new Uint8Array(100).fill(7)
  platform.load = () => new Promise(done => { give = () => done(record) })
  const engine = await Engine.create(await compiled, platform)
  const opening = refused(() => engine.call('open', OPTIONS))
  engine.die()
  give()
  assert.equal(await opening, 'closed')
  assert.ok(isWiped(engine))
  assert.ok(record.every(byte => byte === 0))
})

test('exchanges leave nothing behind at what outlives them', async () => {
  const engine = await opened()
  const { key } = await enrolled(engine, 'D1003')
  const abort = new AbortController()
  for (let i = 0; i < 3; i++) await engine.call('sync', { key }, [], { signal: abort.signal })
  assert.equal(getEventListeners(engine.stopped, 'abort').length, 0)
  assert.equal(getEventListeners(abort.signal, 'abort').length, 0)
  abort.abort()
  assert.equal(await refused(() => engine.call('sync', { key }, [], { signal: abort.signal })), 'transport_failed')
  await engine.close()
})

test('what was made in a click is of that call alone, and of all of it', async () => {
  const kept = new Map()
  const platform = new MemoryPlatform(new Disk())
  platform.fingerprint = new PrfFingerprints({
    loadKey: async name => kept.get(name), saveKey: async (name, value) => { kept.set(name, value) }, eraseKey: async name => { kept.delete(name) },
  })
  const engine = await opened(undefined, platform)
  const { key } = await enrolled(engine, 'D1004')
  const made = () => ({ credential: [1, 2, 3], salt: Array(32).fill(5), prf: new Uint8Array(32).fill(9) })
  const enable = (digits, prepared) => refused(() => engine.call('enableFingerprint', { key }, [digits], { prepared }))
  assert.equal(await enable(pin('999000'), made()), 'pin_wrong')
  assert.equal(await enable(pin()), 'fingerprint_failed')
  assert.equal(await enable(pin(), made()), 'ok')
  // Turned on again where a refresh is open: its mask is wrapped, and then that of the next.
  const { exchange } = platform
  platform.exchange = request => request.url.endsWith('/refresh-confirms') ? Promise.reject(new Error('lost')) : exchange(request)
  assert.equal(await refused(() => engine.call('refresh', { key }, [pin()])), 'transport_failed')
  platform.exchange = exchange
  assert.equal(await enable(pin(), made()), 'ok')
  const asked = []
  const document = '病程记录：患者一般情况可'
  const task = await world.do('task', { staff: 'D1004', document })
  const { value: { tasks } } = await engine.call('pull', { key, after: '', limit: 10 })
  await engine.call('sign', { key, items: [{ task: tasks[0], allowUnseen: false, document: null }], fingerprint: true }, [], {
    askPage: async question => { asked.push(question.act); return { status: 'ok', bytes: made().prf } },
  })
  assert.deepEqual(asked, ['prf'])
  assert.equal(await world.do('verify', { task, document }), true)
  await engine.close()
})
