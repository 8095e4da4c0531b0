// Business systems from the first one to the last of its credentials, as the people who keep them up do it; and what goes wrong on the way.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { as, failure, go, shot, shotBoth, stage, world } from './stage.mjs'

stage()
const run = promisify(execFile)
/** Runs the sample of the page in a shell of its own: what the server answered. */
const shell = async text => (await run('bash', ['-c', text], { env: { PATH: process.env.PATH, NO_PROXY: '*' } })).stdout
const sampleOf = page => page.innerText('[data-sample] [data-code]')
const call = async (credential, path = '/v1/users?limit=1') => (await fetch(`${world.url}${path}`, { headers: { authorization: `Bearer ${credential.key}.${credential.secret}` } })).status
const secretOf = async page => ({ key: await page.innerText('[data-key-id] [data-code]'), secret: await page.innerText('[data-secret-text] [data-code]') })
/** One made at the socket, for tests that do not begin with the wizard. */
async function made(name, more = {}) {
  const system = await world.socket('POST', '/v1/systems', { name, scopes: ['users', 'tasks'], ...more })
  const one = await world.socket('POST', `/v1/systems/${system.system}/credentials`, {})
  return { ...system, path: `/systems/${system.system}`, credential: { key: one.key_id, secret: one.secret } }
}
const tab = (page, name) => page.click(`.el-tabs__item#tab-${name}`)

test('a system in four steps: its credential shown once, and a first request that works', async () => {
  const page = await as('operator', { path: '/systems' })
  await page.click('[data-act="add"]')
  await page.waitForSelector('[data-step="0"]')
  assert.ok(await page.isDisabled('[data-act="next"]'))
  await page.fill('[name="name"]', '检验系统')
  await page.fill('[name="contact"]', '信息科 8001')
  await shotBoth(page, 'system-new')
  await page.click('[data-act="next"]')
  await page.click('[data-scope="users"]')
  await shot(page, 'system-scopes')
  await page.click('[data-act="next"]')
  // A network that is none, and one with bits beyond its prefix, are told before anything is sent.
  await page.fill('[name="networks"]', '10.1.0.0/33\n10.1.2.3/16')
  assert.deepEqual((await page.locator('[data-wrong]').allInnerTexts()).map(text => text.split(' ')[0]), ['10.1.0.0/33', '10.1.2.3/16'])
  assert.ok(await page.isDisabled('[data-act="next"]'))
  await shot(page, 'system-networks')
  await page.fill('[name="networks"]', '127.0.0.0/8\n2001:db8::/32')
  await page.click('[data-act="next"]')
  await page.waitForSelector('[data-secret]')
  const { key, secret } = await secretOf(page)
  assert.match(key, /^ak_[0-9a-z]{20}$/)
  await shotBoth(page, 'system-secret')
  // The sample as it stands, run by a shell: tasks come first of what this one may.
  assert.deepEqual(JSON.parse(await shell(await sampleOf(page))), { items: [], next: null })
  await page.click('.el-tabs__item#tab-python')
  const python = await page.innerText('[data-sample] [data-code]')
  assert.deepEqual(JSON.parse((await run('python3', ['-c', python], { env: { PATH: process.env.PATH, NO_PROXY: '*' } })).stdout), { items: [], next: null })
  const wrong = (await shell((await sampleOf(page).then(() => page.click('.el-tabs__item#tab-curl')).then(() => sampleOf(page))).replace(/SECRET='.{4}/, "SECRET='AAAA")))
  assert.equal(JSON.parse(wrong).code, 'unauthenticated')
  // Away from it only after a question; gone after a reload.
  await go(page, '/systems')
  await page.waitForSelector('[data-dialog="confirm"]')
  await page.click('[data-dialog="confirm"] [data-act="no"]')
  await page.click('[data-act="finish"]')
  await page.waitForSelector('[data-page="system"]')
  await page.reload()
  await page.waitForSelector('[data-page="system"]')
  await tab(page, 'credentials')
  await page.waitForSelector(`[data-key="${key}"]`)
  assert.ok(!(await page.content()).includes(secret))
  await shotBoth(page, 'system-credentials')
  // The name is taken: the wizard goes back to where it was typed.
  await go(page, '/systems/new')
  await page.fill('[name="name"]', '检验系统')
  for (let step = 0; step < 3; step++) await page.click('[data-act="next"]')
  await page.waitForSelector('[data-step="0"] .el-form-item__error')
  await failure(page)
})

test('its addresses: what comes from elsewhere is refused at once, and let in again at once', async () => {
  const system = await made('地址系统')
  assert.equal(await call(system.credential), 200)
  const page = await as('operator', { path: system.path })
  await page.fill('[name="networks"]', '10.1.0.0/16')
  await page.click('[data-form="system"] [data-act="save"]')
  await page.waitForSelector('[data-form="system"] [data-act="save"]:disabled:not(.is-loading)')
  const refused = await fetch(`${world.url}/v1/users`, { headers: { authorization: `Bearer ${system.credential.key}.${system.credential.secret}` } })
  assert.equal((await refused.json()).code, 'address_forbidden')
  await page.fill('[name="networks"]', '127.0.0.1')
  await page.click('[data-form="system"] [data-act="save"]')
  await page.waitForSelector('[data-form="system"] [data-act="save"]:disabled:not(.is-loading)')
  assert.equal(await call(system.credential), 200)
})

test('two edit one system: the second sees what the first one made of it, and decides', async () => {
  const system = await made('共用系统')
  const first = await as('operator', { path: system.path }), second = await as('operator', { path: system.path })
  await first.fill('[name="contact"]', '甲的电话')
  await first.fill('[name="note"]', '甲的备注')
  await second.fill('[name="contact"]', '乙的电话')
  await first.click('[data-form="system"] [data-act="save"]')
  await first.waitForSelector('[data-form="system"] [data-act="save"]:disabled:not(.is-loading)')
  await second.click('[data-form="system"] [data-act="save"]')
  await second.waitForSelector('[data-conflict]')
  assert.match(await second.innerText('[data-conflict]'), /甲的电话/)
  await shotBoth(second, 'system-conflict')
  assert.equal((await world.socket('GET', `/v1${system.path}`)).contact, '甲的电话')
  await second.click('[data-act="mine"]')
  await second.waitForSelector('[data-form="system"] [data-act="save"]:disabled:not(.is-loading)')
  // Hers is what she changed; what she left alone stays as he made it.
  const both = await world.socket('GET', `/v1${system.path}`)
  assert.deepEqual([both.contact, both.note], ['乙的电话', '甲的备注'])
  // The other way round: the first one takes what there is.
  await first.fill('[name="contact"]', '甲又改了')
  await first.click('[data-form="system"] [data-act="save"]')
  await first.click('[data-act="theirs"]')
  await first.waitForSelector('[data-form="system"] [data-act="save"]:disabled:not(.is-loading)')
  assert.equal(await first.inputValue('[name="contact"]'), '乙的电话')
})

test('rotation: both work until the old one ends by itself; revoked, it is gone at once', async () => {
  const system = await made('轮换系统')
  const page = await as('operator', { path: system.path })
  await tab(page, 'credentials')
  await page.click('[data-act="rotate"]')
  await page.click('[data-overlap="until"]')
  // To the second, a few from now: as somebody types it.
  const end = new Date(Date.now() + 12000), two = n => String(n).padStart(2, '0')
  const shanghai = new Date(end.getTime() + 8 * 3600000)
  await page.fill('[name="until"]', `${shanghai.getUTCFullYear()}-${two(shanghai.getUTCMonth() + 1)}-${two(shanghai.getUTCDate())} ${two(shanghai.getUTCHours())}:${two(shanghai.getUTCMinutes())}:${two(shanghai.getUTCSeconds())}`)
  await page.keyboard.press('Enter')
  await page.click('[data-dialog="credential"] [data-act="do"]')
  await page.waitForSelector('[data-dialog="secret"] [data-secret]')
  const fresh = await secretOf(page)
  assert.deepEqual([await call(system.credential), await call(fresh)], [200, 200])
  await page.click('[data-dialog="secret"] [data-act="finish"]')
  await page.waitForTimeout(Math.max(0, end.getTime() + 500 - Date.now()))
  assert.deepEqual([await call(system.credential), await call(fresh)], [401, 200])
  await page.reload()
  await tab(page, 'credentials')
  await page.waitForSelector('[data-credentials] [data-state="expired"]')
  await shot(page, 'system-rotated')
  const row = page.locator('tr', { has: page.locator(`[data-key="${fresh.key}"]`) })
  await row.locator('[data-act="revoke"]').click()
  await page.click('[data-dialog="confirm"] [data-act="yes"]')
  await row.locator('[data-state="revoked"]').waitFor()
  assert.equal(await call(fresh), 401)
})

test('suspended, none of its credentials works; resumed, they do', async () => {
  const system = await made('停用系统')
  const page = await as('operator', { path: system.path })
  await page.click('[data-act="suspend"]')
  assert.ok(await page.isDisabled('[data-dialog="confirm"] [data-act="yes"]'))
  await page.fill('[data-dialog="confirm"] [name="typed"]', '停用系统')
  await page.click('[data-dialog="confirm"] [data-act="yes"]')
  await page.waitForSelector('[data-act="resume"]')
  assert.equal(await call(system.credential), 401)
  await shot(page, 'system-suspended')
  await page.click('[data-act="resume"]')
  await page.waitForSelector('[data-act="suspend"]')
  assert.equal(await call(system.credential), 200)
})

test('callbacks: a receiver that works, refuses, hangs and answers 500, in words; the log, and sent again', async () => {
  const system = await made('回调系统')
  let answers = 'ok', heard = 0
  const receiver = createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      heard++
      if (answers === 'hang') return
      response.writeHead(answers === 'ok' ? 204 : 500).end()
    })
  })
  await new Promise(ready => receiver.listen(0, '127.0.0.1', ready))
  const { port } = receiver.address()
  const page = await as('operator', { path: system.path })
  try {
    await tab(page, 'callbacks')
    await page.click('[data-act="addEndpoint"]')
    await page.fill('[name="url"]', 'http://169.254.169.254/latest')
    await page.click('[data-act="saveEndpoint"]')
    await page.waitForSelector('[data-dialog="endpoint"] .el-form-item__error')
    await failure(page)
    await page.fill('[name="url"]', `http://127.0.0.1:${port}/callback`)
    await shot(page, 'endpoint-new')
    await page.click('[data-act="saveEndpoint"]')
    await page.waitForSelector('[data-dialog="endpointSecret"] [data-code]')
    await page.click('[data-dialog="endpointSecret"] [data-act="finish"]')
    const tested = async () => {
      await page.locator('[data-act="test"]').first().click()
      await page.waitForFunction(() => !document.querySelector('[data-act="test"].is-loading'), undefined, { timeout: 20000 })
      return page.innerText('[data-result]')
    }
    assert.match(await tested(), /成功/)
    assert.equal(heard, 1)
    answers = '500'
    assert.match(await tested(), /500/)
    answers = 'hang'
    assert.match(await tested(), /10 秒/)
    await shotBoth(page, 'endpoints')
    answers = '500'
    // A task that ends: its message is tried, fails, waits, and stands in the log.
    const staff = await world.socket('POST', '/v1/users', { staff_no: 'D7001', name: '方知远', departments: ['心内科'] })
    assert.ok(staff.user)
    const auth = { authorization: `Bearer ${system.credential.key}.${system.credential.secret}`, 'content-type': 'application/json' }
    const task = await (await fetch(`${world.url}/v1/tasks`, { method: 'POST', headers: auth, body: JSON.stringify({ signer: 'D7001', title: '出院小结', form: 'raw', document: Buffer.from('小结').toString('base64') }) })).json()
    assert.equal((await fetch(`${world.url}/v1/tasks/${task.task}/cancel`, { method: 'POST', headers: auth })).status, 200)
    await go(page, '/callbacks')
    await page.waitForSelector('[data-page="callbacks"]')
    for (let tries = 0; !(await page.locator('tbody tr').first().innerText()).includes('500') && tries < 40; tries++) { await page.waitForTimeout(250); await page.click('[data-act="refresh"]'); await page.waitForTimeout(150) }
    assert.match(await page.locator('tbody tr').first().innerText(), /已取消[\s\S]*回调系统[\s\S]*500/)
    await shotBoth(page, 'callbacks')
    await page.locator('[data-act="details"]').first().click()
    await page.waitForSelector('[data-dialog="callback"] dl')
    await shot(page, 'callback')
    await page.keyboard.press('Escape')
    answers = 'ok'
    await page.locator('[data-act="replay"]').first().click()
    for (let tries = 0; !(await page.locator('tbody [data-state="delivered"]').count()) && tries < 40; tries++) { await page.waitForTimeout(250); await page.click('[data-act="refresh"]'); await page.waitForTimeout(150) }
    assert.equal(await page.locator('tbody tr').first().locator('[data-state="delivered"]').count(), 1)
  } finally { receiver.closeAllConnections(); receiver.close() }
  // Nothing listens there any more.
  await go(page, system.path)
  await tab(page, 'callbacks')
  await page.locator('[data-act="test"]').first().click()
  await page.waitForSelector('[data-result]')
  assert.match(await page.innerText('[data-result]'), /拒绝/)
})

test('who may only look sees no button that changes anything', async () => {
  const system = await made('只读系统')
  const page = await as('auditor', { path: system.path })
  await page.waitForSelector('[data-form="system"]')
  assert.equal(await page.locator('[data-act="save"], [data-act="suspend"]').count(), 0)
  assert.ok(await page.isDisabled('[name="contact"]'))
  await tab(page, 'credentials')
  await page.waitForSelector(`[data-key="${system.credential.key}"]`)
  assert.equal(await page.locator('[data-act="rotate"], [data-act="newCredential"], [data-act="revoke"]').count(), 0)
  await go(page, '/systems')
  await page.waitForSelector('[data-system="只读系统"]')
  await page.fill('[name="q"]', '只读')
  await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1)
  await shotBoth(page, 'systems')
})

test('a secret that is answered after its page was left, or after the session ended, is not shown: he is told what was made, and what to do', async () => {
  const system = await made('迟到系统')
  const page = await as('operator', { path: system.path, fresh: true })
  /** Asks for a credential, whose answer comes when `until` is over; gives what it was. */
  async function late(until) {
    await tab(page, 'credentials')
    await page.click('[data-act="newCredential"]')
    let given
    await page.route(/\/credentials$/, async route => {
      if (route.request().method() !== 'POST') return route.continue()
      const answer = await route.fetch()
      given = await answer.json()
      await until()
      await route.fulfill({ response: answer })
    })
    await page.click('[data-dialog="credential"] [data-act="do"]')
    await page.waitForSelector('.el-notification.missed')
    const said = await page.innerText('.el-notification.missed')
    assert.ok(said.includes(given.key_id) && !said.includes(given.secret), said)
    assert.equal(await page.locator('[data-dialog="secret"]').locator('visible=true').count(), 0)
    assert.ok(!(await page.content()).includes(given.secret))
    await page.click('.el-notification.missed .el-notification__closeBtn')
    await page.unroute(/\/credentials$/)
  }
  await late(async () => {
    await go(page, '/users')
    await page.waitForSelector('[data-page="users"]')
  })
  await go(page, system.path)
  let back
  await late(async () => {
    await page.evaluate(async () => { const { csrf } = await (await fetch('/v1/console/session')).json(); await fetch('/v1/console/session', { method: 'DELETE', headers: { 'x-csrf-token': csrf } }) })
    await page.keyboard.press('Escape')
    await tab(page, 'callbacks') // it asks, and learns that the session is over
    await page.waitForSelector('[data-page="login"] [data-why]')
    const link = await world.link('operator')
    back = page.waitForSelector('.el-notification.missed').then(() => page.waitForSelector('[data-page="system"]'))
    setTimeout(() => void page.evaluate(link => { location.hash = link }, link), 0)
  })
  await back
})
