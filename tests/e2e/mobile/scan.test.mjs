// What the camera reads, and the digits where there is none: logins, tasks, and codes that are none of ours.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enter, go, person, shot, world } from './stage.mjs'

const login = more => world.business('POST', '/v1/logins', { purpose: '登录门诊工作站', ...more })
const told = one => world.business('GET', `/v1/logins/${one.login}`)
const alive = (page, one, selector) => world.showAlive(page, ['login', 'code', one.login, '--credential', 'emr.json'], page.waitForSelector(selector, { timeout: 30000 }))
const scan = async page => { await go(page, '/scan'); await page.waitForSelector('[data-camera="running"]') }

test('a login by the camera: system and purpose are shown, confirmed by PIN, signed', async () => {
  const page = await person('D1001', { width: 360, height: 640 })
  await scan(page)
  await shot(page, 'scan-360-zh')
  const one = await login()
  await alive(page, one, '[data-login="asking"]')
  assert.match(await page.locator('[data-login]').innerText(), /电子病历[^]*登录门诊工作站[^]*王建国/)
  await shot(page, 'login-360-zh')
  await page.click('[data-act="sign"]')
  await enter(page)
  await page.waitForSelector('[data-login="signed"]')
  await shot(page, 'login-signed-360-zh')
  assert.equal((await told(one)).state, 'done')
  await page.click('[data-act="finish"]')
  await page.waitForSelector('[data-tab="tasks"].on')
})

test('by the eight digits: the number on the screen is asked, a wrong one ends it', async () => {
  const page = await person('D1002', { width: 430, height: 932, language: 'en' })
  const typed = async code => {
    await scan(page)
    await page.click('[data-act="digits"]')
    await page.fill('input.digits', code.slice(0, 5))
    assert.equal(await page.locator('[data-act="enter"]').isDisabled(), true)
    await page.fill('input.digits', code)
    await page.click('[data-act="enter"]')
    await page.waitForSelector('[data-login="asking"] .number')
  }
  let one = await login()
  await typed(one.short_code)
  assert.equal(await page.locator('[data-act="sign"]').isDisabled(), true)
  await shot(page, 'login-number-430-en')
  const { number } = await told(one)
  await page.fill('.number input', number)
  await page.waitForSelector('.number', { state: 'detached' })
  await page.click('[data-act="sign"]')
  await enter(page)
  await page.waitForSelector('[data-login="signed"]')
  assert.equal((await told(one)).state, 'done')
  one = await login()
  await typed(one.short_code)
  const right = (await told(one)).number
  await page.fill('.number input', String((Number(right) + 1) % 100).padStart(2, '0'))
  await page.waitForSelector('[data-login="failed"]:has-text("Wrong number")')
  await shot(page, 'login-number-wrong-430-en')
  assert.equal((await told(one)).state, 'declined')
})

test('declined; an old code; a code that is not ours; a reload in between', async () => {
  const page = await person('N2001')
  await scan(page)
  const one = await login()
  await alive(page, one, '[data-login="asking"]')
  await page.click('[data-act="decline"]')
  await page.waitForSelector('[data-login="declined"]')
  assert.deepEqual([(await told(one)).state, (await told(one)).reason], ['declined', '不是本人操作'])
  await page.click('[data-act="finish"]')
  await scan(page)
  const late = await login()
  const code = world.run('yiqian', 'login', 'code', late.login, '--text', '--credential', 'emr.json').trim()
  await page.waitForTimeout(6500)
  await world.show(page, code)
  await page.waitForSelector('[data-sheet="trouble"]')
  await shot(page, 'scan-late-390-zh')
  await world.show(page, 'https://example.com/')
  await page.click('[data-act="scan-again"]')
  await page.waitForSelector('[data-sheet="trouble"]:has-text("不是医签的二维码")')
  const asked = alive(page, late, '[data-login="asking"]') // held there before the camera looks again
  await page.click('[data-act="scan-again"]')
  await asked
  await page.reload()
  await page.waitForSelector('[data-login="over"]')
  await page.click('[data-act="again"]')
  await page.waitForSelector('[data-camera="running"]')
})

test('the answer to a login is lost: what came of it is found out, and it is not offered to be confirmed again', async () => {
  const page = await person('D1001')
  await page.clock.install()
  for (const [line, end, gone] of [['lose', 'signed', false], ['swallow', 'failed', false], ['lose', 'failed', true]]) {
    await scan(page)
    const one = await login()
    await alive(page, one, '[data-login="asking"]')
    await page.click('[data-act="sign"]')
    await page.waitForSelector('[data-auth]')
    world.line[line] = /\/signatures(\?|$)/ // and what is asked afterwards
    await enter(page)
    await page.waitForSelector(`[data-login="unknown"], [data-login="${end}"]`, { timeout: 60000 })
    if (gone) world.operator('user', 'lost', 'D1001', '--all', '--yes')
    if (await page.isVisible('[data-login="unknown"]')) await shot(page, `login-unknown-${line}-390-zh`)
    const before = world.line.seen.length
    const asked = async n => {
      for (let i = 0; world.line.seen.slice(before).filter(one => /^GET .*\/signatures\?/.test(one)).length < n; i++) {
        assert.ok(i < 600, 'it does not ask')
        await page.waitForTimeout(100)
      }
    }
    world.mend()
    await page.clock.fastForward('00:05') // it asks every few seconds
    if (line === 'swallow') {
      // It never arrived, which the app cannot know: the server has no such signature, and may have one until the claim has lapsed, after a minute.
      await asked(1)
      await page.clock.fastForward('00:30')
      await asked(2) // one at a time: the first was answered
      assert.equal(await page.getAttribute('[data-login]', 'data-login'), 'unknown')
      await page.clock.fastForward('01:00')
    }
    await page.waitForSelector(`[data-login="${end}"]`, { timeout: 60000 })
    await page.clock.setSystemTime(new Date())
    if (!gone && end === 'failed') await page.waitForSelector('text=登录没有确认')
    assert.equal((await told(one)).state === 'done', line === 'lose')
  }
})

test('the back button takes away the digits, and what was wrong with a code, and leaves the camera', async () => {
  const page = await person('D1002')
  await page.click('[data-tab="scan"]')
  await page.waitForSelector('[data-camera="running"]')
  await page.click('[data-act="digits"]')
  await page.fill('input.digits', '1234')
  await page.evaluate(() => history.back())
  await page.waitForSelector('[data-sheet="digits"]', { state: 'detached' })
  await page.waitForURL(/#\/scan$/)
  await world.show(page, 'https://example.com/')
  await page.waitForSelector('[data-sheet="trouble"]')
  await world.show(page, null)
  await page.evaluate(() => history.back())
  await page.waitForSelector('[data-sheet="trouble"]', { state: 'detached' })
  await page.waitForURL(/#\/scan$/)
  await page.waitForSelector('[data-camera="running"]')
  await page.click('[data-act="digits"]')
  assert.equal(await page.inputValue('input.digits'), '')
  await page.evaluate(() => history.back())
  await page.waitForSelector('[data-sheet="digits"]', { state: 'detached' })
  await page.waitForURL(/#\/scan$/)
  await page.evaluate(() => history.back())
  await page.waitForSelector('[data-tab="tasks"].on')
})

test('several by scanning: one of them is declined, one left out, the rest signed', async () => {
  const page = await person('N2001', { width: 360, height: 640, language: 'en', prefs: { text: 'huge' } })
  const one = n => ({ signer: 'N2001', form: 'raw', title: `医嘱 ${n}`, media_type: 'text/plain', document: Buffer.from(`第 ${n} 条`).toString('base64') })
  const { batch, tasks } = await world.business('POST', '/v1/task-batches', { title: '三条医嘱', tasks: [1, 2, 3].map(one) })
  const state = async n => (await world.business('GET', `/v1/tasks/${tasks[n]}`)).state
  await scan(page)
  await world.showAlive(page, ['task', 'scan-code', '--batch', batch, '--credential', 'emr.json'], page.waitForSelector('[data-row]', { timeout: 30000 }))
  await page.waitForSelector('[data-act="sign"]:has-text("3")')
  await page.click(`[data-row="${tasks[0]}"] .box`)
  await shot(page, 'batch-scanned-360-en')
  await page.click(`[data-row="${tasks[1]}"] [data-act="alone"]`)
  await page.waitForSelector('[data-digest]')
  await page.click('[data-act="decline-open"]')
  await page.click('[data-sheet="decline"] [role="radio"]:has-text("Not mine")')
  await page.click('[data-sheet="decline"] [data-act="decline"]')
  await page.waitForSelector('[data-declined]')
  await page.click('[data-act="finish"]')
  // The review is as it was left, without that one.
  await page.waitForSelector(`[data-row="${tasks[0]}"] .box[aria-checked="false"]`)
  assert.equal(await page.locator('[data-row]').count(), 2)
  await page.click('[data-act="sign"]:has-text("1")')
  await page.click('.van-dialog__confirm')
  await enter(page)
  await page.waitForSelector('[data-result="ok"]')
  assert.deepEqual([await state(0), await state(1), await state(2)], ['pending', 'declined', 'signed'])
})

test('tasks by scanning: one opens itself, of another person it is refused', async () => {
  const page = await person('N2002')
  const task = await world.task('N2002', { title: '手术安全核查表' })
  await scan(page)
  await world.showAlive(page, ['task', 'scan-code', task.task, '--credential', 'emr.json'], page.waitForSelector('[data-digest]', { timeout: 30000 }))
  assert.match(await page.locator('.card h2').first().innerText(), /手术安全核查表/)
  await page.click('[data-act="sign"]')
  await enter(page)
  await page.waitForSelector('[data-result="ok"]')
  assert.equal((await world.business('GET', `/v1/tasks/${task.task}`)).state, 'signed')
  const other = await world.task('D1001', { title: '别人的' })
  await scan(page)
  await world.showAlive(page, ['task', 'scan-code', other.task, '--credential', 'emr.json'], page.waitForSelector('[data-sheet="trouble"]', { timeout: 30000 }))
  await shot(page, 'scan-others-390-zh')
})

test('no camera: what to do is said, and a picture of the code does as well', async () => {
  const page = await person('D1001')
  await page.evaluate(() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError')) })
  await go(page, '/scan')
  await page.waitForSelector('[data-camera="denied"]:has-text("没有相机权限")')
  await shot(page, 'scan-denied-390-zh')
  await page.setInputFiles('.tool input[type="file"]', { name: 'text.png', mimeType: 'image/png', buffer: Buffer.from('no picture') })
  await page.waitForSelector('.told:has-text("无法打开这张图片")')
  const one = await login()
  const picture = () => world.picture(world.run('yiqian', 'login', 'code', one.login, '--text', '--credential', 'emr.json').trim())
  await page.setInputFiles('.tool input[type="file"]', { name: 'code.png', mimeType: 'image/png', buffer: await picture() })
  await page.waitForSelector('[data-login="asking"]')
})
