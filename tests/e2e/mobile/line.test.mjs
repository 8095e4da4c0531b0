// The line is slow, breaks and comes back while somebody signs; the app is closed in the middle, or open twice.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enter, go, open, person, shot, world } from './stage.mjs'

const told = task => world.business('GET', `/v1/tasks/${task.task}`)
const card = (page, task) => page.locator(`[data-task="${task.task}"]`)
async function read(page, task) {
  await card(page, task).click({ timeout: 15000 })
  await page.waitForSelector('[data-digest]')
}

test('a slow line: everything is done, and said to be under way', async () => {
  const page = await person('D1001')
  const task = await world.task('D1001', { title: '首次病程记录', text: '慢。'.repeat(2000) })
  await card(page, task).waitFor()
  world.line.delay = 1500
  await card(page, task).click()
  await page.waitForSelector('[data-document] .none .turning')
  await shot(page, 'document-loading-390-zh')
  await page.waitForSelector('[data-digest]')
  await page.click('[data-act="sign"]')
  await enter(page)
  await page.waitForSelector('[data-result="ok"]', { timeout: 40000 })
  assert.equal((await told(task)).state, 'signed')
})

test('the answer to the signature is lost: the app asks until it knows that it was signed, and signs nothing twice', async () => {
  const page = await person('D1002')
  const task = await world.task('D1002', { title: '出院小结' })
  await read(page, task)
  world.line.lose = /\/signatures$/
  world.line.seen.length = 0
  await page.click('[data-act="sign"]')
  await enter(page)
  await page.waitForSelector('[data-result="unknown"], [data-result="ok"]', { timeout: 40000 })
  assert.equal((await told(task)).state, 'signed')
  world.mend()
  await page.waitForSelector('[data-result="ok"]', { timeout: 30000 })
  assert.match(await page.locator('[data-outcome="signed"] em').innerText(), /\d\d:\d\d:\d\d/)
})

test('what came of it cannot be found out where the key has ended meanwhile: said once, and asked on at a touch alone', async () => {
  const page = await person('D1002')
  const task = await world.task('D1002', { title: '会诊记录' })
  await read(page, task)
  await page.click('[data-act="sign"]')
  await page.waitForSelector('[data-auth]')
  world.line.lose = /\/signatures(\?|$)/ // and what is asked afterwards
  await enter(page)
  await page.waitForSelector('[data-result="unknown"]', { timeout: 60000 })
  world.operator('user', 'lost', 'D1002', '--all', '--yes')
  world.mend()
  await page.waitForSelector('[data-result="stuck"]:has-text("无法确认是否已签署")', { timeout: 30000 })
  await shot(page, 'result-stuck-390-zh')
  await page.waitForTimeout(1000) // what was under way
  const asked = one => /device\/(signatures|challenges|sessions)/.test(one)
  world.line.seen.length = 0
  await page.waitForTimeout(6000)
  assert.deepEqual(world.line.seen.filter(asked), [])
  await page.click('.ask')
  for (let n = 0; n < 50 && !world.line.seen.some(asked); n++) await page.waitForTimeout(100)
  assert.ok(world.line.seen.some(asked))
  await page.waitForSelector('[data-result="stuck"] .ask:enabled')
  assert.equal((await told(task)).state, 'signed')
})

test('the server is gone before it can sign, and back: nothing was signed, it is said so, and signed then', async () => {
  const page = await person('N2001', { width: 360, height: 640, language: 'en' })
  const task = await world.task('N2001', { title: '护理记录' })
  await read(page, task)
  await page.click('[data-act="sign"]')
  await page.waitForSelector('[data-auth]')
  world.cut()
  await enter(page)
  await page.waitForSelector('[data-result="unknown"]', { timeout: 60000 })
  await shot(page, 'result-unknown-360-en')
  world.mend()
  await page.waitForSelector('[data-result="bad"]', { timeout: 60000 })
  assert.equal((await told(task)).state, 'pending')
  await shot(page, 'result-lost-360-en')
  await page.click('[data-act="again"]')
  await page.waitForSelector('[data-digest]')
  await page.click('[data-act="sign"]')
  await enter(page)
  await page.waitForSelector('[data-result="ok"]', { timeout: 40000 })
})

test('offline the list stays with a word about it, and comes anew by itself', async () => {
  const page = await person('N2002')
  const first = await world.task('N2002', { title: '体温单' })
  await card(page, first).waitFor()
  world.cut()
  await page.waitForSelector('[data-strip="offline"]', { timeout: 40000 })
  await card(page, first).waitFor()
  await shot(page, 'tasks-offline-390-zh')
  const second = await world.task('N2002', { title: '入院评估单' })
  world.mend()
  await card(page, second).waitFor({ timeout: 60000 })
})

test('the app is closed while it signs: opened again it knows what is left to do', async () => {
  const page = await person('D1001')
  const task = await world.task('D1001', { title: '手术记录' })
  await read(page, task)
  // The server answers the first step; what follows never arrives.
  world.line.swallow = /\/signatures$|\/sign-failures$/
  await page.click('[data-act="sign"]')
  await enter(page)
  await page.waitForTimeout(1500)
  await page.close()
  world.mend()
  assert.notEqual((await told(task)).state, 'signed')
  const again = await open(page.context())
  await card(again, task).waitFor({ timeout: 90000 })
  await card(again, task).click()
  await again.waitForSelector('[data-digest]')
  await again.click('[data-act="sign"]')
  await enter(again)
  await again.waitForSelector('[data-result]')
  await again.waitForSelector('[data-result="ok"]', { timeout: 90000 })
  assert.equal((await told(task)).state, 'signed')
})

test('two tabs: the second one says so, takes over, and signs; the first one stops', async () => {
  const first = await person('D1002')
  const task = await world.task('D1002', { title: '会诊记录' })
  await card(first, task).waitFor()
  const second = await open(first.context())
  await second.click('[data-act="take"], button:has-text("在这里继续")')
  await read(second, task)
  await first.waitForSelector(':text("医签已在另一个页面打开")')
  await second.click('[data-act="sign"]')
  await enter(second)
  await second.waitForSelector('[data-result="ok"]')
  assert.equal((await told(task)).state, 'signed')
})

test('history: the newest first, each with certificate, method and time; a withdrawn one says so', async () => {
  const page = await person('N2002', { width: 360, height: 640 })
  const task = await world.task('N2002', { title: '输血记录', record_type: '护理记录', description: '林晓岚，12 床\n红细胞 2 U', reference: 'ZY-0042' })
  await read(page, task)
  await page.click('[data-act="sign"]')
  await enter(page)
  await page.waitForSelector('[data-result="ok"]')
  await go(page, '/history')
  assert.match(await page.locator('[data-entry]').first().innerText(), /输血记录\s+林晓岚，12 床 · ZY-0042\s+电子病历/)
  await shot(page, 'history-360-zh')
  await page.locator('[data-entry]').first().click()
  const { serial } = (await told(task)).signature
  await page.waitForSelector('[data-serial]')
  assert.equal((await page.locator('[data-serial]').innerText()).replaceAll(/\s/g, ''), serial)
  assert.equal(await page.locator('[data-method]').innerText(), '手机 PIN')
  await shot(page, 'history-entry-360-zh')
  await world.business('POST', `/v1/tasks/${task.task}/withdraw`, { reason: '患者信息写错' })
  await page.reload()
  await page.waitForSelector('[data-withdrawn="true"]')
  await shot(page, 'history-withdrawn-360-zh')
})
