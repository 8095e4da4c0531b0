// The SDK alone in Chromium, against the real server.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { browserOptions } from '../e2e/browser.mjs'
import { PIN, root, World } from './world.mjs'

const { chromium } = createRequire(join(root, 'package.json'))('playwright-core')
let world, browser, context, page

before(async () => {
  world = await World.open()
  await world.serve()
  await world.do('user', { staff: 'D1001' })
  browser = await chromium.launch(browserOptions())
  context = await browser.newContext()
  page = await open()
})

after(async () => {
  await browser?.close()
  await world?.close()
})

async function open() {
  const opened = await context.newPage()
  opened.wrong = []
  opened.on('console', message => { if (message.type() === 'error') opened.wrong.push(message.text()) })
  opened.on('pageerror', error => opened.wrong.push(String(error)))
  await opened.goto(world.origin)
  await opened.evaluate(async () => {
    globalThis.sdk = await import('/sdk/index.js')
    globalThis.pin = text => new TextEncoder().encode(text)
    globalThis.refused = async act => {
      try {
        await act()
      } catch (error) {
        return error.status ?? String(error)
      }
      return 'ok'
    }
  })
  return opened
}

test('enrols, pulls, shows a document, signs, changes the PIN', async () => {
  const key = await page.evaluate(async ({ code, digits }) => {
    globalThis.device = await sdk.openDevice({ platform: 'test' })
    await device.setServer(location.origin)
    const given = pin(digits)
    const key = await device.enrol({ staffNo: 'D1001', activationCode: code, deviceName: '浏览器', pin: given, confirm: async person => person.name === '王建国' })
    if (given.length !== 0) throw new Error('the PIN is still in the page')
    return key
  }, { code: await world.do('code', { staff: 'D1001' }), digits: PIN })
  assert.equal(key.stage, 'enrolled')
  assert.equal(key.name, '王建国')

  const task = await world.do('task', { staff: 'D1001', document: '出院小结' })
  const shown = await page.evaluate(async key => {
    const { tasks } = await device.pull(key)
    const { content, digest } = await device.document(key, tasks[0])
    globalThis.tasks = tasks
    return { n: tasks.length, text: new TextDecoder().decode(content), same: digest === tasks[0].digest, title: tasks[0].title }
  }, key.key)
  assert.deepEqual(shown, { n: 1, text: '出院小结', same: true, title: '出院小结' })

  const wrong = await page.evaluate(async key => {
    try {
      await device.sign(key, [{ task: tasks[0] }], { pin: pin('836152') })
    } catch (error) {
      return { status: error.status, tries: error.problem.triesLeft, results: error.results.length }
    }
  }, key.key)
  assert.deepEqual(wrong, { status: 'pin_wrong', tries: 4, results: 1 })

  const done = await page.evaluate(({ key, digits }) => device.sign(key, [{ task: tasks[0] }], { pin: pin(digits) }), { key: key.key, digits: PIN })
  assert.equal(done.results[0].status, 'ok')
  assert.equal(done.failuresBefore, 1)
  assert.equal((await world.do('look', { task })).state, 'signed')
  assert.equal(await world.do('verify', { task, document: '出院小结' }), true)

  const outcomes = await page.evaluate(async ({ key, digits }) => {
    await device.changePin(key, pin(digits), pin('583927'))
    return [await refused(() => device.refresh(key, pin(digits))), await refused(() => device.refresh(key, pin('583927'))),
      await refused(() => device.checkPin(pin('123456'))), (await device.sync(key)).state]
  }, { key: key.key, digits: PIN })
  assert.deepEqual(outcomes, ['pin_wrong', 'ok', 'weak_pin', 'active'])
  assert.deepEqual(page.wrong, [])
})

test('what was enrolled is there after a reload; a second page is told, and takes over', async () => {
  await page.close()
  page = await open()
  const before = await page.evaluate(async () => {
    globalThis.ended = 0
    globalThis.device = await sdk.openDevice({ platform: 'test', onClosed: () => { ended++ } })
    return (await device.keys()).map(({ stage, staffNo }) => ({ stage, staffNo }))
  })
  assert.deepEqual(before, [{ stage: 'enrolled', staffNo: 'D1001' }])
  const second = await open()
  assert.equal(await second.evaluate(() => refused(() => sdk.openDevice())), 'in_use')
  const found = await second.evaluate(async () => {
    globalThis.device = await sdk.openDevice({ takeOver: true })
    return (await device.keys()).length
  })
  assert.equal(found, 1)
  await page.waitForFunction(() => ended === 1)
  assert.equal(await page.evaluate(() => refused(() => device.keys())), 'closed')
  assert.equal(await page.evaluate(() => refused(() => sdk.openDevice())), 'in_use')
  await second.evaluate(() => device.close())
  assert.equal(await second.evaluate(() => refused(() => device.keys())), 'closed')
  assert.deepEqual([...page.wrong, ...second.wrong], [])
  await second.close()
})

test('a call beside one that waits; the waiting ends with its signal, and every call with the device', async () => {
  const key = await page.evaluate(async () => {
    globalThis.device = await sdk.openDevice({ platform: 'test' })
    const [{ key }] = await device.keys()
    globalThis.changes = 0
    globalThis.stop = new AbortController()
    globalThis.watching = device.watch(key, () => { changes++ }, { signal: stop.signal })
    return key
  })
  await page.waitForFunction(() => changes === 1)
  const task = await world.do('task', { staff: 'D1001', document: '医嘱' })
  await page.waitForFunction(() => changes === 2)
  // Beside the long poll, which is under way again.
  const done = await page.evaluate(async key => {
    const { tasks } = await device.pull(key)
    return device.sign(key, [{ task: tasks[0] }], { pin: pin('583927') })
  }, key)
  assert.equal(done.results[0].status, 'ok')
  assert.equal((await world.do('look', { task })).state, 'signed')
  await page.waitForFunction(() => changes === 3)
  assert.equal(await page.evaluate(async () => { stop.abort(); return refused(() => watching) }), 'ok')
  const ended = await page.evaluate(async key => {
    const waiting = refused(() => device.watch(key, () => {}, { signal: new AbortController().signal }))
    await device.keys()
    const asked = refused(() => device.sync(key))
    await device.close()
    return [await waiting, await asked]
  }, key)
  assert.deepEqual(ended, ['closed', 'closed'])
})

test('the fingerprint: turned on in the page, later signatures without a PIN; and said no to', async () => {
  const session = await context.newCDPSession(page)
  await session.send('WebAuthn.enable')
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', { options: {
    protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal', hasUserVerification: true, hasResidentKey: true, hasPrf: true,
    isUserVerified: true, automaticPresenceSimulation: true,
  } })
  const on = await page.evaluate(async () => {
    globalThis.device = await sdk.openDevice({ platform: 'test' })
    const [{ key }] = await device.keys()
    const there = await device.fingerprint()
    const wrong = await refused(() => device.enableFingerprint(key, pin('836152')))
    const off = (await device.keys())[0].fingerprint
    await device.enableFingerprint(key, pin('583927'))
    // The shares get a new mask, which is wrapped without asking.
    await device.refresh(key, pin('583927'))
    return { there, wrong, off, on: (await device.keys())[0].fingerprint }
  })
  assert.deepEqual(on, { there: { available: true, reason: '' }, wrong: 'pin_wrong', off: false, on: true })
  const task = await world.do('task', { staff: 'D1001', document: '护理记录' })
  const sign = () => page.evaluate(async () => {
    const [{ key }] = await device.keys()
    const { tasks } = await device.pull(key)
    try {
      return (await device.sign(key, [{ task: tasks[0] }], { fingerprint: true })).results[0].status
    } catch (error) {
      return error.problem?.code ?? error.status
    }
  })
  assert.equal(await sign(), 'ok')
  assert.equal(await world.do('verify', { task, document: '护理记录' }), true)
  await session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
  await world.do('task', { staff: 'D1001', document: '会诊记录' })
  assert.equal(await sign(), 'cancelled')
  const { entries: [entry] } = await page.evaluate(async () => device.history((await device.keys())[0].key, '', 1))
  assert.equal(entry.method, 'fingerprint')
})

test('nothing that the browser stores tests a PIN: no key can be read out, no record opened, no digit found', async () => {
  const reader = await open()
  const found = await reader.evaluate(async digits => {
    const opening = indexedDB.open('yiqian-device')
    const database = await new Promise((done, failed) => { opening.onsuccess = () => done(opening.result); opening.onerror = () => failed(opening.error) })
    const rows = []
    for (const store of database.objectStoreNames) {
      const request = database.transaction(store).objectStore(store).openCursor()
      await new Promise(done => {
        request.onsuccess = () => {
          if (!request.result) return done()
          rows.push({ store, name: request.result.key, value: request.result.value })
          request.result.continue()
        }
      })
    }
    const keys = []
    const bytes = []
    const texts = []
    const walk = value => {
      if (value instanceof CryptoKey) keys.push(value)
      else if (value instanceof ArrayBuffer) bytes.push(new Uint8Array(value))
      else if (ArrayBuffer.isView(value)) bytes.push(new Uint8Array(value.buffer))
      else if (typeof value === 'string') texts.push(value)
      else if (value && typeof value === 'object') Object.values(value).forEach(walk)
    }
    rows.forEach(({ value }) => walk(value))
    const readable = []
    for (const key of keys.filter(({ type }) => type !== 'public')) {
      for (const format of ['raw', 'pkcs8', 'jwk']) readable.push(await crypto.subtle.exportKey(format, key).then(() => 1, () => 0))
    }
    // Random in all that is kept: no record's bytes repeat a form, and no digits of a PIN are in them.
    const holds = (all, part) => all.some(one => new TextDecoder('latin1').decode(one).includes(part))
    const records = rows.filter(({ store }) => store === 'records')
    return {
      records: records.map(({ value }) => Object.keys(value).sort().join()), names: rows.map(({ name }) => name.replace(/[0-9a-f-]{36}|[0-9a-f]{32}/, '')).sort(),
      secretKeys: keys.filter(({ type }) => type !== 'public').length, readable: readable.reduce((a, b) => a + b, 0),
      digits: digits.some(pin => holds(bytes, pin) || texts.some(text => text.includes(pin))), named: holds(bytes, 'D1001'),
      elsewhere: [localStorage.length, sessionStorage.length, document.cookie, (await caches.keys()).length],
      databases: (await indexedDB.databases()).map(({ name }) => name),
    }
  }, [PIN, '583927'])
  assert.ok(found.records.length >= 2 && found.records.every(form => form === 'data,iv'), JSON.stringify(found))
  assert.ok(found.secretKeys >= 2, JSON.stringify(found))
  assert.deepEqual([found.readable, found.digits, found.named], [0, false, false])
  assert.ok(found.names.includes('fingerprint/fingerprint-'), JSON.stringify(found.names))
  assert.deepEqual(found.elsewhere, [0, 0, '', 0])
  assert.deepEqual(found.databases, ['yiqian-device'])
  await reader.close()
})

test('without an authenticator that has PRF there is no fingerprint, and none unprotected', async () => {
  const bare = await open()
  const session = await context.newCDPSession(bare)
  await session.send('WebAuthn.enable')
  const off = await page.evaluate(async () => {
    const [{ key }] = await device.keys()
    await device.disableFingerprint(key)
    const outcome = await refused(async () => device.sign(key, [{ task: (await device.pull(key)).tasks[0] }], { fingerprint: true }))
    await device.close()
    return outcome
  })
  assert.equal(off, 'fingerprint_off')
  const outcomes = () => bare.evaluate(async () => {
    globalThis.device ??= await sdk.openDevice({ platform: 'test' })
    const [{ key }] = await device.keys()
    const outcome = await refused(() => device.enableFingerprint(key, pin('583927')))
    return { there: await device.fingerprint(), outcome, on: (await device.keys())[0].fingerprint }
  })
  assert.deepEqual(await outcomes(), { there: { available: false, reason: 'missing' }, outcome: 'fingerprint_off', on: false })
  await session.send('WebAuthn.addVirtualAuthenticator', { options: {
    protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal', hasUserVerification: true, hasResidentKey: true, hasPrf: false,
    isUserVerified: true, automaticPresenceSimulation: true,
  } })
  // The browser cannot say beforehand that this one has no PRF.
  const { outcome, on } = await outcomes()
  assert.deepEqual({ outcome, on }, { outcome: 'fingerprint_off', on: false })
  await bare.close()
})

test('a code is read without a device', async () => {
  const read = await page.evaluate(async () => [await refused(() => sdk.readQr('https://example.com')), await refused(() => sdk.readQr('YIQIAN:1:L:'))])
  assert.deepEqual(read, ['code_invalid', 'code_invalid'])
})
