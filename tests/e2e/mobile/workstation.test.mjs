// A shift at a workstation: authorised from the phone within what the person allows, used there, seen and closed on the phone.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { enter, go, person, shot, world } from './stage.mjs'

const NAME = '外科护士站 2 号机', PLACE = '外科楼 5 层东'
/** The product's own agent, as a program of that machine asks it. */
async function workstation() {
  if (!world.agentPort) {
    const { registration_code: code } = world.operator('workstation', 'add', '--name', NAME, '--place', PLACE)
    world.run('yiqian', 'workstation', 'enrol', '--name', NAME, '--code', code, '--dir', 'workstation')
    let said = ''
    const child = await world.start('agent', 'yiqian', ['agent', '--dir', 'workstation', '--listen', '127.0.0.1:0', '--origin', 'http://127.0.0.1:9'], { test: text => /http:\/\/127\.0\.0\.1:(\d+)/.test(said = text) })
    world.agentPort = Number(/http:\/\/127\.0\.0\.1:(\d+)/.exec(said)[1])
    assert.ok(child.pid)
  }
  const token = readFileSync(join(world.folder, 'workstation/agent-token'), 'utf8').trim()
  const handles = {}
  return async (method, path, body) => {
    const handle = Object.entries(handles).find(([id]) => path.includes(id))?.[1]
    const answer = await fetch(`http://127.0.0.1:${world.agentPort}${path}`, { method, headers: { authorization: `Bearer ${token}`, ...(handle ? { 'authorisation-handle': handle } : {}), ...(body ? { 'content-type': 'application/json' } : {}) }, body: body && JSON.stringify(body) })
    const told = await answer.json().catch(() => null)
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${JSON.stringify(told)}`)
    if (answer.status === 201) handles[told.authorisation] = told.handle
    return told
  }
}
async function scanned(page, offer) {
  await go(page, '/scan')
  await page.waitForSelector('[data-camera="running"]')
  await world.show(page, offer.code)
  await page.waitForSelector('[data-authorise="asking"]')
}

test('authorised for less than was asked, used, seen to be used, and closed', async () => {
  const page = await person('D1001', { width: 360, height: 640 })
  const agent = await workstation()
  const until = new Date(Math.ceil(Date.now() / 1000 + 8 * 3600) * 1000).toISOString()
  const offer = await agent('POST', '/v1/authorisations', { systems: ['电子病历', '检验系统'], record_types: ['病程记录', '护理记录'], until, count: 30 })
  await scanned(page, offer)
  assert.match(await page.locator('[data-authorise]').innerText(), new RegExp(`${NAME}[^]*${PLACE}`))
  await shot(page, 'authorise-360-zh')
  await page.click('.chips button:has-text("2 小时")')
  for (let n = 0; n < 3; n++) await page.click('.van-stepper__minus')
  await page.click('.name:has-text("检验系统")')
  await page.click('.name:has-text("护理记录")')
  // The last one of a kind stays: none would mean any.
  await page.click('.name:has-text("病程记录")')
  assert.equal(await page.locator('.name:has-text("病程记录")').getAttribute('aria-checked'), 'true')
  await page.click('[data-act="authorise"]')
  await enter(page, '999000')
  await page.waitForSelector('[data-auth] :text("还可再试 4 次")')
  await enter(page)
  await page.waitForSelector('[data-authorise="active"]')
  await shot(page, 'authorised-360-zh')
  const path = `/v1/authorisations/${offer.authorisation}`
  const told = await agent('GET', `${path}?wait=20`)
  assert.deepEqual([told.state, told.systems, told.record_types, told.count], ['active', ['电子病历'], ['病程记录'], 27])
  assert.ok(Math.abs(Date.parse(told.until) - Date.now() - 2 * 3600_000) < 120_000)
  await page.click('[data-act="authorisations"]')
  const one = page.locator(`[data-authorisation="${offer.authorisation}"]`)
  await one.waitFor()
  assert.equal(await one.locator('[data-left]').innerText(), '27')
  await shot(page, 'authorisations-360-zh')
  const task = await world.task('D1001', { title: '首次病程记录', record_type: '病程记录' })
  const { results } = await agent('POST', `${path}/signatures`, { tasks: [task.task] })
  assert.equal(results[0].status, 'signed')
  await one.locator('[data-left]:text-is("26")').waitFor({ timeout: 20000 })
  await one.locator('[data-act="close"]').click()
  await shot(page, 'authorisation-close-360-zh')
  await page.click('.van-dialog__confirm')
  await page.waitForSelector(`[data-group="ended"] [data-authorisation="${offer.authorisation}"]:has-text("已由手机关闭")`)
  assert.equal((await agent('GET', `${path}?wait=10&state=active`)).state, 'closed')
  // What the workstation signed stands among what he signed.
  await go(page, '/history')
  await page.click(`[data-entry="${task.task}"]`)
  await page.waitForSelector('[data-method]:has-text("工作站")')
  await page.waitForSelector(`dd:text-is("${NAME}")`)
})

test('a workstation that asks for nothing special; declined; a code that is over', async () => {
  const page = await person('N2001', { width: 430, height: 932, language: 'en', finger: true })
  const agent = await workstation()
  const offer = await agent('POST', '/v1/authorisations', {})
  await scanned(page, offer)
  await shot(page, 'authorise-430-en')
  await page.click('[data-act="decline"]')
  await page.waitForSelector('[data-tab="tasks"].on')
  assert.equal((await agent('GET', `/v1/authorisations/${offer.authorisation}`)).state, 'offered')
  await scanned(page, offer)
  await page.click('[data-act="authorise"]') // by fingerprint
  await page.waitForSelector('[data-authorise="active"]')
  await page.click('[data-act="finish"]')
  await go(page, '/scan')
  await page.waitForSelector('[data-camera="running"]')
  await world.show(page, offer.code)
  await page.waitForSelector('[data-authorise="failed"], [data-authorise="asking"]')
  if (await page.isVisible('[data-authorise="asking"]')) {
    await page.click('[data-act="authorise"]')
    await page.waitForSelector('[data-authorise="failed"]')
  }
  await shot(page, 'authorise-used-430-en')
})

test('the answer to an authorisation is lost: what came of it is found out, not guessed', async () => {
  const page = await person('N2002')
  const agent = await workstation()
  for (const [line, end] of [['lose', 'active'], ['swallow', 'failed']]) {
    const offer = await agent('POST', '/v1/authorisations', {})
    await scanned(page, offer)
    await page.click('[data-act="authorise"]')
    await page.waitForSelector('[data-auth]')
    world.line[line] = /\/v1\/device\/keys\/[^/]+\/authorisations$/
    await enter(page)
    await page.waitForSelector(`[data-authorise="unknown"], [data-authorise="${end}"]`, { timeout: 60000 })
    world.mend()
    await page.waitForSelector(`[data-authorise="${end}"]`, { timeout: 30000 })
    if (end === 'failed') await page.waitForSelector('text=授权没有生效')
    assert.equal((await agent('GET', `/v1/authorisations/${offer.authorisation}`)).state, end === 'active' ? 'active' : 'offered')
  }
  // Nobody is asked for ever: with the key its authorisations end.
  const offer = await agent('POST', '/v1/authorisations', {})
  await scanned(page, offer)
  await page.click('[data-act="authorise"]')
  await page.waitForSelector('[data-auth]')
  world.line.lose = /\/authorisations(\?|$)/ // and what is asked afterwards
  await enter(page)
  await page.waitForSelector('[data-authorise="unknown"]', { timeout: 60000 })
  world.operator('user', 'lost', 'N2002', '--all', '--yes')
  world.mend()
  await page.waitForSelector('[data-authorise="failed"]', { timeout: 30000 })
  assert.equal((await agent('GET', `/v1/authorisations/${offer.authorisation}`)).state, 'closed')
})
