// The frame: the menu by permission, languages, pages that are none or not one's own, a session that ends, two pages, a server that is gone and back.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { another, as, go, login, open, shot, shotBoth, stage, world } from './stage.mjs'

stage()

test('home: what the server says, in both languages and sizes', async () => {
  const page = await as('administrator')
  await page.waitForSelector('[data-state="ok"]')
  assert.match(await page.innerText('[data-act="person"]'), /林晓岚\s*系统管理员/)
  // What waits: nothing is backed up yet. And somebody is found at once.
  await page.waitForSelector('[data-now="backup"][data-now-state="warning"]')
  assert.deepEqual(await page.locator('[data-now]').evaluateAll(all => all.map(one => one.getAttribute('data-now'))), ['approvals', 'alarms', 'backup', 'expiring'])
  await shotBoth(page, 'home')
  await page.fill('[data-part="now"] [name="person"]', 'D1002')
  await page.keyboard.press('Enter')
  await page.waitForFunction(() => document.querySelectorAll('[data-user]').length === 1)
  await go(page, '/')
  await page.waitForSelector('[data-page="home"]')
  await page.click('.fold')
  await shot(page, 'home-narrow')
  await page.reload()
  await page.waitForSelector('.frame.narrow [data-page="home"]')
})

test('the first afternoon: ticked from what there is, gone when it is put away', async () => {
  const page = await as('administrator')
  await page.waitForSelector('[data-step="second"][data-done="true"]')
  await page.waitForSelector('[data-step="alarms"][data-done="false"]')
  assert.equal(await page.locator('[data-step="people"]').count(), 0) // the operator's
  await shotBoth(page, 'guide')
  await world.socket('POST', '/v1/alarm-channels', { kind: 'webhook', name: '值班', url: 'https://ops.hospital.example/alarms' })
  await page.reload()
  await page.waitForSelector('[data-step="alarms"][data-done="true"]')
  await page.click('[data-act="guide-away"]')
  await page.waitForSelector('[data-guide]', { state: 'detached' })
  await page.reload()
  await page.waitForSelector('[data-state="ok"]')
  assert.equal(await page.locator('[data-guide]').count(), 0)
})

test('the menu is what the person may open; another page says that it is not his', async () => {
  const seen = {}
  for (const who of ['administrator', 'operator', 'auditor']) {
    const page = await as(who)
    seen[who] = await page.locator('[data-menu]').evaluateAll(all => all.map(one => one.getAttribute('data-menu')))
  }
  for (const name of ['operators', 'roles', 'sessions']) assert.deepEqual([name, ...['administrator', 'operator', 'auditor'].map(who => seen[who].includes(name))], [name, true, false, true])
  const page = await as('operator', { path: '/roles' })
  await page.waitForSelector('[data-page="forbidden"]')
  await shot(page, 'forbidden')
  await go(page, '/there/is/none')
  await page.waitForSelector('[data-page="nowhere"]')
  await shot(page, 'nowhere')
})

test('by keyboard alone: past the menu to the page, and out', async () => {
  const page = await as('auditor', { fresh: true })
  await page.evaluate(() => document.body.focus())
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip')
  await page.keyboard.press('Enter')
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'MAIN')
  await page.focus('[data-act="person"]')
  await page.keyboard.press('Enter')
  await page.waitForFunction(() => document.activeElement.matches('[data-act="account"]'))
  await page.keyboard.press('ArrowDown')
  await page.waitForFunction(() => document.activeElement.matches('[data-act="logout"]'))
  await page.keyboard.press('Enter')
  await page.waitForSelector('[data-page="login"] [data-why]')
})

test('two pages: logged out in one, the other knows; logged in again, it goes on where it was', async () => {
  const first = await as('administrator', { path: '/roles' })
  const second = await another(first.context(), '/operators')
  await second.waitForSelector('[data-page="operators"]')
  await first.click('[data-act="person"]')
  await first.click('[data-act="logout"]')
  await first.waitForSelector('[data-page="login"]')
  await second.waitForSelector('[data-page="login"]')
  const link = await world.link('administrator')
  await first.goto(`${world.url}/console/#${link}`)
  await first.waitForSelector('[data-page="home"]')
})

test('ended by somebody else in the middle of a form: the next click says so, and after login it is there as it was', async () => {
  const page = await as('administrator', { path: '/operators' })
  await page.click('[data-act="add"]')
  await page.fill('[data-dialog="operator"] [name="staff_no"]', 'B1009')
  const boss = await as('second', { path: '/sessions' })
  const row = boss.locator('tr', { hasText: '林晓岚' })
  await row.first().waitFor()
  while (await row.count()) {
    const n = await row.count()
    await row.first().locator('[data-act="end"]').click()
    await boss.click('[data-dialog="confirm"] [data-act="yes"]')
    await boss.waitForFunction(n => [...document.querySelectorAll('tr')].filter(one => one.textContent.includes('林晓岚')).length < n, n)
  }
  await page.click('[data-dialog="operator"] [data-act="save"]')
  await page.waitForSelector('[data-page="login"] [data-why]')
  assert.match(await page.innerText('[data-why]'), /登录已失效/)
  await shot(page, 'login-ended')
  // Nothing of the page is there to be looked at, and Escape closes nothing of it.
  assert.equal(await page.locator('[data-page="operators"], [data-dialog], .frame').count(), 0)
  await page.keyboard.press('Escape')
  await page.evaluate(link => { location.hash = link }, await world.link('administrator'))
  await page.waitForSelector('[data-page="operators"]')
  assert.equal(await page.inputValue('[data-dialog="operator"] [name="staff_no"]'), 'B1009')
  assert.match(page.url(), /#\/operators$/)
})

test('nobody there: a warning that counts, stay, then logged out and told why', async () => {
  const page = await open({ path: '/login' })
  await page.clock.install()
  await login(page, 'auditor', '/operators')
  await page.waitForSelector('[data-page="operators"]')
  await page.clock.fastForward('14:10')
  await page.waitForSelector('[data-dialog="idle"]')
  await shot(page, 'idle')
  await page.click('[data-act="stay"]')
  await page.waitForSelector('[data-dialog="idle"]', { state: 'hidden' })
  await page.clock.fastForward('14:10')
  await page.waitForSelector('[data-dialog="idle"]')
  await page.clock.fastForward('01:00')
  await page.waitForSelector('[data-page="login"] [data-why]')
  assert.match(await page.innerText('[data-why]'), /无操作/)
})

test('nobody there in the middle of a form, of a question, of a secret: the first two wait for the same person, and nothing for another', async () => {
  const page = await open({ path: '/login' })
  await page.clock.install()
  await login(page, 'administrator', '/profiles-new')
  await page.fill('[name="profile"]', 'half-written')
  await page.click('[data-act="cancel"]')
  await page.waitForSelector('[data-dialog="confirm"] [data-act="yes"]')
  await page.clock.fastForward('14:10')
  await page.waitForSelector('[data-dialog="idle"]')
  await page.clock.fastForward('01:00')
  await page.waitForSelector('[data-page="login"] [data-why]')
  assert.equal(await page.locator('[data-page="profile-edit"]').count(), 0)
  await page.evaluate(link => { location.hash = link }, await world.link('administrator'))
  await page.waitForSelector('[data-dialog="confirm"] [data-act="yes"]')
  assert.equal(await page.inputValue('[name="profile"]'), 'half-written')
  await page.click('[data-dialog="confirm"] [data-act="no"]')
  await go(page, '/account')
  await page.click('[data-dialog="confirm"] [data-act="yes"]')
  await page.click('[data-act="new-file"]')
  await page.fill('[name="passphrase"]', 'nobody else knows it')
  const idle = async () => {
    await page.clock.fastForward('14:10')
    await page.waitForSelector('[data-dialog="idle"]')
    await page.clock.fastForward('01:00')
    await page.waitForSelector('[data-page="login"] [data-why]')
  }
  await idle()
  await page.evaluate(link => { location.hash = link }, await world.link('administrator'))
  await page.waitForSelector('[data-dialog="keyfile"]')
  assert.equal(await page.inputValue('[name="passphrase"]'), '')
  await idle()
  await login(page, 'auditor')
  assert.equal(await page.locator('[data-dialog="keyfile"], [data-page="account"]').count(), 0)
  assert.match(page.url(), /#\/$/)
})

test('the server gone: what is on the page stays, a new page says so, and comes up when it is back', async () => {
  const page = await as('administrator', { path: '/operators' })
  await page.waitForSelector('[data-operator="A1001"]')
  world.cut()
  await page.fill('[name="staff_no"]', 'B1001')
  await page.waitForSelector('.el-notification.told:has-text("连不上服务器")')
  await page.waitForSelector('[data-operator="A1001"]')
  await shot(page, 'gone-notice')
  world.mend()
  await page.fill('[name="staff_no"]', 'B100')
  await page.fill('[name="staff_no"]', 'B1001')
  await page.waitForSelector('[data-operator="B1001"]')
  world.line.swallow = /\/v1\/console\/session$/
  await page.reload()
  await page.waitForSelector('[data-page="gone"]')
  await shot(page, 'gone')
  world.mend()
  await page.click('[data-act="again"]')
  await page.waitForSelector('[data-page="operators"]')
})

test('what did not come is said, and is nothing that is not there: by lists and by single things, with a way to try again', async () => {
  const page = await as('auditor')
  const { user } = (await world.socket('GET', '/v1/users?q=D1001')).items[0]
  for (const [path, lost] of [
    ['/departments', /\/v1\/departments$/], ['/roles', /\/v1\/roles$/], ['/monitoring', /\/v1\/system\/history/], ['/account', /\/v1\/console\/certificates$/],
    [`/users/${user}`, new RegExp(`/v1/users/${user}$`)], [`/users/${user}`, new RegExp(`/v1/users/${user}/keys$`)], ['/profiles/personal', /\/v1\/profiles\/personal$/], ['/audit', /\/v1\/audit\?/],
  ]) {
    await go(page, '/nowhere')
    await page.waitForSelector('[data-page="nowhere"]')
    world.line.swallow = lost
    await go(page, path)
    const failed = page.locator('main [data-failed="unreachable"]')
    await failed.first().waitFor()
    assert.equal(await page.locator(':is(.el-table, .card):has(> [data-failed]) .empty').count(), 0, path)
    world.mend()
    await failed.first().locator('[data-act="again"]').click()
    await failed.first().waitFor({ state: 'detached' })
  }
})
