// A person at the EMR in a browser, with `yiqian device` as the phone. Pictures go to SHOTS where it is set.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import { overflow, World } from './world.mjs'

const shots = process.env.SHOTS
let world
const pages = []

async function person(staff, width = 1366, height = 768, language) {
  const page = await world.page(width, height, language)
  pages.push(page)
  await world.signIn(page, staff)
  return page
}
async function open(width = 1366, height = 768, language) {
  const page = await world.page(width, height, language)
  pages.push(page)
  await page.goto(world.url)
  return page
}
async function shot(page, name) {
  await page.waitForTimeout(400) // transitions
  assert.deepEqual(await overflow(page), [], `${name}: something overflows`)
  if (shots) await page.screenshot({ path: join(shots, `${name}.png`) })
}

before(async () => {
  if (shots) mkdirSync(shots, { recursive: true })
  world = await World.open()
}, { timeout: 120000 })
afterEach(async () => {
  const wrong = pages.flatMap(page => page.wrong)
  await Promise.all(pages.splice(0).map(page => page.context().close()))
  assert.deepEqual(wrong, [], 'the browser complained, or asked outside')
})
after(() => world?.close())

test('one by push: it changes by itself, and its report verifies, here and by openssl', async () => {
  const page = await person('D1001')
  await page.click('.list .row:has-text("首次病程记录")')
  await shot(page, 'ward-1366-zh')
  await page.click('.signatures [data-way="push"]')
  await page.waitForSelector('.one[data-state="pending"]')
  world.phoneSigns('D1001')
  await page.waitForSelector('.one[data-state="signed"] .tag.ok', { timeout: 10000 })
  await shot(page, 'signed-1366-zh')
  await page.click('.verdict a')
  await page.waitForSelector('.verify .checks li')
  await shot(page, 'verify-1366-zh')
  assert.equal(await page.locator('.verify .tag.failed').count(), 0)
  const commands = await page.locator('.verify pre').innerText()
  const folder = mkdtempSync(join(tmpdir(), 'emr-files.'))
  try {
    for (const link of await page.locator('.self a').all()) {
      const url = new URL(await link.getAttribute('href'), world.url)
      writeFileSync(join(folder, await link.innerText()), await (await page.context().request.get(url.href)).body())
    }
    assert.match(execFileSync('sh', ['-ec', commands], { cwd: folder, encoding: 'utf8' }), /王建国[^]*Verified OK/)
    writeFileSync(join(folder, 'record.html'), 'another')
    assert.throws(() => execFileSync('sh', ['-ec', commands], { cwd: folder, stdio: 'ignore' }))
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('thirty in one batch, one PIN', async () => {
  const page = await person('D1001', 1920, 1080)
  await shot(page, 'ward-1920-zh')
  await page.click('.top nav a[href="/mine"]')
  await page.click('[data-act="first"]')
  await shot(page, 'batch-1920-zh')
  await page.click('[data-act="batch"]')
  await page.waitForSelector('.batch:has-text("0 / 30")')
  world.phoneSigns('D1001')
  await page.waitForSelector('.batch:has-text("30 / 30")', { timeout: 30000 })
  await page.click('.el-tabs__item:has-text("已完成")')
  await shot(page, 'batch-done-1920-zh')
})

test("an intern's record waits for the senior doctor, who sees it come", async () => {
  const senior = await person('D1002', 1366, 768, 'en')
  const intern = await person('D1003')
  await intern.click('.top nav a[href="/mine"]')
  await intern.click('.el-table a >> nth=0')
  await intern.click('.signatures [data-way="push"]')
  await intern.waitForSelector('.one[data-state="waiting"]')
  await shot(intern, 'intern-1366-zh')
  world.phoneSigns('D1003')
  await intern.waitForSelector('.one[data-state="signed"]')
  await intern.waitForSelector('.one[data-state="pending"]')
  await senior.click('.top nav a[href="/mine"]')
  await senior.click('.el-tabs__item:has-text("Being signed")')
  await senior.waitForSelector('.tag.countersign')
  await shot(senior, 'senior-1366-en')
  world.phoneSigns('D1002')
  await intern.waitForFunction(() => document.querySelectorAll('.one[data-state="signed"] .tag.ok').length === 2, null, { timeout: 10000 })
  await shot(intern, 'countersigned-1366-zh')
  await intern.click('.verdict a >> nth=0')
  await intern.waitForSelector('.verify .both a:has-text("陈思远") .tag.ok')
  await shot(intern, 'countersigned-verify-1366-zh')
})

test('a wish is taken back', async () => {
  const page = await person('N2001', 1920, 1080, 'en')
  await page.click('.list .row:has-text("护理记录")')
  await page.click('.signatures [data-way="push"]')
  await page.waitForSelector('.one[data-state="pending"]')
  await page.click('.one button:has-text("Take back")')
  await page.click('.el-message-box__btns .el-button--primary')
  await page.waitForSelector('.one[data-state="cancelled"]')
  await shot(page, 'taken-back-1920-en')
})

test('login by scanning, signed by the phone and verified by the EMR itself', async () => {
  const page = await open()
  await page.waitForSelector('[data-login="open"] .code')
  await page.waitForTimeout(2500) // the code changes meanwhile
  await shot(page, 'login-1366-zh')
  const seen = await world.scan(page, 'D1001')
  assert.equal(seen.purpose, '登录电子病历')
  await page.waitForSelector('[data-login="scanned"]:has-text("王建国")')
  await shot(page, 'login-scanned-1366-zh')
  await world.phone('sign', { staff: 'D1001', tasks: seen.tasks })
  await page.waitForSelector('.top .me:has-text("王建国")')
  await page.reload()
  await page.waitForSelector('.top .me:has-text("王建国")')
  await page.click('.top button:has-text("退出")')
  await page.waitForSelector('[data-login="open"]')
})

test('login by the short code: the number on both screens, and a wrong one', async () => {
  const page = await open(1920, 1080, 'en')
  const code = async () => (await page.locator('[data-login="open"] .code').innerText()).replace(/\D/g, '')
  let seen = await world.phone('scan', { staff: 'D1002', short_code: await code() })
  const number = await page.locator('.number').innerText()
  await shot(page, 'login-number-1920-en')
  await assert.rejects(world.phone('number', { staff: 'D1002', scan: seen.scan, number: String((Number(number) + 1) % 100).padStart(2, '0') }))
  await page.waitForSelector('[data-login="declined"]:has-text("Wrong number")')
  await shot(page, 'login-number-wrong-1920-en')
  await page.click('.again')
  seen = await world.phone('scan', { staff: 'D1002', short_code: await code() })
  seen = await world.phone('number', { staff: 'D1002', scan: seen.scan, number: await page.locator('.number').innerText() })
  await world.phone('sign', { staff: 'D1002', tasks: seen.tasks })
  await page.waitForSelector('.top .me:has-text("陈思远")')
})

test('a login that is declined, one that expires, and one across a restart of the service', async () => {
  const page = await open()
  await page.waitForSelector('[data-login="open"]')
  let seen = await world.scan(page, 'D1001')
  await world.phone('decline', { staff: 'D1001', scan: seen.scan, reason: '不是我本人操作' })
  await page.waitForSelector('[data-login="declined"]:has-text("不是我本人操作")')
  await shot(page, 'login-declined-1366-zh')
  await page.click('.again')
  await page.waitForSelector('[data-login="open"]')
  await page.waitForSelector('[data-login="expired"]', { timeout: 40000 })
  await shot(page, 'login-expired-1366-zh')
  await page.click('.again')
  await page.waitForSelector('[data-login="open"]')
  page.awaited.push('/api/login') // 502 while the service is away
  await world.stop('server')
  await page.waitForSelector('.scan :text("连接中断")')
  await shot(page, 'login-lost-1366-zh')
  await world.startServer()
  await page.waitForSelector('[data-login="open"] .code')
  seen = await world.scan(page, 'D1001')
  await world.phone('sign', { staff: 'D1001', tasks: seen.tasks })
  await page.waitForSelector('.top .me:has-text("王建国")')
})

test('one by scanning: the dialog follows the phone and closes itself', async () => {
  const page = await person('N2001')
  await page.click('.beds .bed >> nth=3')
  await page.click('.list .row:has-text("护理记录")')
  await page.click('.signatures [data-way="scan"]')
  await page.waitForSelector('[data-scan="open"]')
  await shot(page, 'scan-1366-zh')
  const seen = await world.scan(page, 'N2001')
  assert.deepEqual([seen.kind, seen.tasks.length, seen.tasks[0].record_type], ['sign', 1, '护理记录'])
  await page.waitForSelector('[data-scan="scanned"]')
  await shot(page, 'scan-scanned-1366-zh')
  await world.phone('sign', { staff: 'N2001', tasks: seen.tasks })
  await page.waitForSelector('.scan-dialog', { state: 'detached' })
  await page.waitForSelector('.one[data-state="signed"] .tag.ok')
  assert.match(await page.locator('.one').innerText(), /扫码/)
})

test('a scan that is declined, a task that is declined, and a code that expires and is made anew', async () => {
  const page = await person('N2001', 1920, 1080)
  await page.click('.beds .bed >> nth=1')
  await page.click('.list .row:has-text("护理记录")')
  await page.click('.signatures [data-way="scan"]')
  await page.waitForSelector('[data-scan="open"]')
  let seen = await world.scan(page, 'N2001')
  await world.phone('decline', { staff: 'N2001', scan: seen.scan, reason: '稍后签署' })
  await page.waitForSelector('[data-scan="scan_declined"]:has-text("稍后签署")')
  await shot(page, 'scan-declined-1920-zh')
  await page.click('.scan-dialog .again')
  await page.waitForSelector('[data-scan="open"]')
  await page.waitForSelector('[data-scan="scan_expired"]', { timeout: 40000 })
  await page.click('.scan-dialog .again')
  await page.waitForSelector('[data-scan="open"]')
  seen = await world.scan(page, 'N2001')
  await world.phone('decline_task', { staff: 'N2001', task: seen.tasks[0].task, reason: '内容需要修改' })
  await page.waitForSelector('[data-scan="declined"]:has-text("内容需要修改")')
  await page.keyboard.press('Escape')
  await page.waitForSelector('.one[data-state="declined"]')
  assert.ok(await page.isVisible('.signatures [data-way="push"]'), 'it can be signed anew')
})

test('a code that is closed leaves the task on the phone', async () => {
  const page = await person('N2001')
  await page.click('.beds .bed >> nth=2')
  await page.click('.list .row:has-text("护理记录")')
  await page.click('.signatures [data-way="scan"]')
  await page.waitForSelector('[data-scan="open"]')
  await page.keyboard.press('Escape')
  await page.waitForSelector('.one[data-state="pending"]')
  await page.click('.one [data-way="scan"]') // the same again
  await page.waitForSelector('[data-scan="open"]')
  const seen = await world.scan(page, 'N2001')
  await world.phone('sign', { staff: 'N2001', tasks: seen.tasks })
  await page.waitForSelector('.one[data-state="signed"] .tag.ok')
})
