// Many at once: chosen, reviewed, signed under one proof, and what stands in the way of one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enter, person, shot, world } from './stage.mjs'

const state = async task => (await world.business('GET', `/v1/tasks/${task}`)).state
const states = async tasks => (await Promise.all(tasks.map(one => state(one.task)))).reduce((found, one) => ({ ...found, [one]: (found[one] ?? 0) + 1 }), {})

test('thirty: all chosen, one opened and read, one left out, one PIN for the rest', async () => {
  const page = await person('N2001', { width: 360, height: 640 })
  const made = []
  for (let n = 1; n <= 30; n++) made.push(await world.task('N2001', { title: `护理记录 ${n}`, text: `第 ${n} 份`, fields: [{ label: '患者', value: `患者${n}` }], ...(n === 30 ? { priority: 'urgent' } : {}) }))
  await page.waitForSelector('[data-count] b:text-is("30")', { timeout: 15000 })
  await page.click('[data-act="choose"]')
  assert.equal(await page.locator('[data-act="review"]').isDisabled(), true)
  await page.click('[data-act="all"]')
  await shot(page, 'choose-360-zh')
  await page.click('[data-act="review"]:has-text("30")')
  // The urgent one comes first.
  assert.equal(await page.locator('[data-row]').first().getAttribute('data-row'), made[29].task)
  await page.click(`[data-row="${made[0].task}"] .task`)
  await page.waitForSelector('.screen pre:has-text("第 1 份")')
  await page.click('.screen [aria-label="关闭"]')
  await page.waitForSelector(`[data-row="${made[0].task}"]:has-text("已读完")`)
  await page.click(`[data-row="${made[1].task}"] .box`)
  await shot(page, 'batch-360-zh')
  await page.click('[data-act="sign"]:has-text("29")')
  await page.waitForSelector('.van-dialog:has-text("还有 28 份没有打开")')
  await shot(page, 'batch-ask-360-zh')
  await page.click('.van-dialog__confirm')
  await enter(page)
  await page.waitForSelector('[data-result="ok"]:has-text("29 份全部签署成功")', { timeout: 60000 })
  assert.equal(await page.locator('[data-outcome="signed"]').count(), 29)
  await shot(page, 'batch-signed-360-zh')
  assert.deepEqual(await states(made), { signed: 29, pending: 1 })
  assert.equal(await state(made[1].task), 'pending')
  await page.click('[data-act="finish"]')
  await page.waitForSelector('[data-count] b:text-is("1")')
})

test('one that is not what it should be stops all of them; the rest is signed without it', async () => {
  const page = await person('N2002', { language: 'en' })
  const made = []
  for (let n = 1; n <= 3; n++) made.push(await world.task('N2002', { title: `医嘱 ${n}`, text: `第 ${n} 条` }))
  await page.context().route(`**/${made[1].task}/document`, route => route.fulfill({ status: 200, contentType: 'text/plain', body: 'another' }))
  await page.waitForSelector('[data-count] b:text-is("3")', { timeout: 15000 })
  await page.click('[data-act="choose"]')
  await page.click('[data-act="all"]')
  await page.click('[data-act="review"]')
  await page.click('[data-act="sign"]')
  await page.click('.van-dialog__confirm')
  await enter(page)
  await page.waitForSelector('[data-result="bad"]')
  assert.equal(await page.locator('[data-outcome="failed"]').count(), 1)
  assert.match(await page.locator('[data-outcome="failed"]').innerText(), /医嘱 2/)
  await shot(page, 'batch-failed-390-en')
  assert.deepEqual(await states(made), { pending: 3 })
  await page.click('[data-act="rest"]:has-text("2")')
  await page.click('[data-act="sign"]:has-text("2")')
  await page.click('.van-dialog__confirm')
  await enter(page)
  await page.waitForSelector('[data-result="ok"]')
  assert.deepEqual(await states(made), { signed: 2, pending: 1 })
  assert.equal(await state(made[1].task), 'pending')
})

test('opened but not to be seen is not opened', async () => {
  const page = await person('D1001')
  const made = [await world.task('D1001', { title: '影像', mediaType: 'application/dicom', content: Buffer.from([0, 1, 2, 3]) }), await world.task('D1001')]
  await page.waitForSelector('[data-count] b:text-is("2")', { timeout: 15000 })
  await page.click('[data-act="choose"]')
  await page.click('[data-act="all"]')
  await page.click('[data-act="review"]')
  for (const { task } of made) {
    await page.click(`[data-row="${task}"] .task`)
    await page.waitForSelector('.screen [data-kind]')
    await page.click('.screen [aria-label="关闭"]')
  }
  await page.waitForSelector(`[data-row="${made[0].task}"]:has-text("不能在手机上显示")`)
  await page.click('[data-act="sign"]:has-text("2")')
  await page.waitForSelector('.van-dialog:has-text("还有 1 份没有打开")')
  // What will happen can be read by night as by day (WCAG 2.2, 1.4.3).
  for (const classes of ['', 'van-theme-dark', 'contrast', 'contrast van-theme-dark']) {
    const contrasts = await page.evaluate(classes => {
      document.documentElement.className = classes
      const light = colour => colour.match(/[\d.]+/g).slice(0, 3).map(Number).map(one => one / 255).map(one => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)).reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0)
      const ground = light(getComputedStyle(document.querySelector('.van-dialog')).backgroundColor)
      return ['.van-dialog__message', '.van-dialog__confirm', '.van-dialog__cancel'].map(name => light(getComputedStyle(document.querySelector(name)).color)).map(ink => (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05))
    }, classes)
    assert.ok(Math.min(...contrasts) >= 4.5, `${classes}: ${contrasts}`)
  }
})

test('two of one title are told apart where no fields came', async () => {
  const page = await person('D1002')
  const task = await world.task('D1002', { title: '护理记录', description: '夜间体温复测', reference: 'ZY-0042' })
  await page.waitForSelector(`[data-task="${task.task}"]:has-text("夜间体温复测 · ZY-0042")`, { timeout: 15000 })
})
