// The EMR behind TLS: a browser keeps its cookies to this address alone, and the pages work as they do without.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { World } from './world.mjs'

let world
before(async () => { world = await World.open({ tls: true }) }, { timeout: 120000 })
after(() => world?.close())

test('login by scan, a push that arrives, and cookies that are Secure', async () => {
  const page = await world.page(1366, 768)
  await page.goto(world.url)
  await page.waitForSelector('[data-login="open"]')
  await world.scanAndSign(page, 'N2001')
  await page.waitForSelector('.ward .bed.on')
  const cookies = (await page.context().cookies()).filter(cookie => cookie.value)
  assert.ok(cookies.some(cookie => cookie.name === '__Host-emr_session'))
  for (const cookie of cookies) assert.deepEqual([cookie.secure, cookie.httpOnly, cookie.sameSite, cookie.path], [true, true, 'Strict', '/'], cookie.name)
  await page.click('.list .row:has-text("护理记录")')
  await page.click('.signatures [data-way="push"]')
  await page.waitForSelector('.one[data-state="pending"]')
  world.phoneSigns('N2001')
  await page.waitForSelector('.one[data-state="signed"] .tag.ok')
  assert.deepEqual(page.wrong, [])
})

test('the address behind the proxy answers no browser', async () => {
  const inside = `http://127.0.0.1:${world.ports.emr}`
  assert.equal((await fetch(`${inside}/api/session`)).status, 403)
  assert.equal((await fetch(inside)).status, 403)
})

test('a page that came by TLS speaks with the agent on its own machine', async () => {
  await world.startAgent()
  const page = await world.page(1366, 768)
  await page.goto(world.url)
  await world.signIn(page, 'D1001')
  await page.click('[data-act="authorise"]')
  await page.click('.authorise-dialog .go')
  await page.waitForSelector('[data-authorise="open"]')
  await world.scanAndSign(page, 'D1001')
  await page.waitForSelector('div.authorised')
  await page.click('.signatures [data-way="here"]')
  await page.waitForSelector('.one[data-state="signed"] .tag.authorised')
  assert.deepEqual(page.wrong, [])
})
