// A person in a browser at the EMR: by push, in batches, with a countersignature, and across restarts; `yiqian device` is the phone.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { person, record, shot, world } from './stage.mjs'

/** The texts that are broken over lines. */
const twoLines = found => found.evaluateAll(all => all.filter(one => one.getClientRects().length > 1 || one.offsetHeight > 30).map(one => one.textContent))
const badge = async page => Number(await page.locator('.top nav .el-badge__content').innerText())

test('one by push: it changes by itself, and its report verifies, here and by openssl', async () => {
  const page = await person('D1001')
  await page.click('.list .row:has-text("首次病程记录")')
  await shot(page, 'ward-1366-zh')
  await page.click('.signatures [data-way="push"]')
  await page.waitForSelector('.one[data-state="pending"]')
  world.phoneSigns('D1001')
  await page.waitForSelector('.one[data-state="signed"] .tag.ok', { timeout: 10000 })
  // Its timestamp came with it, and says what kind of clock made it.
  const stamp = page.locator('.one[data-state="signed"] .stamp')
  assert.match(await stamp.innerText(), /^20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\s+±1(\.\d+)? s\s+演示时钟$/)
  await shot(page, 'signed-1366-zh')
  // It came by callback: the EMR asks by itself every ten seconds only.
  const { items } = JSON.parse(world.run('yiqian', 'callback', 'log', '--json'))
  assert.deepEqual(items.map(one => [one.event, one.state]), [['task.signed', 'delivered']])
  await page.click('.verdict a')
  await page.waitForSelector('.verify .checks li')
  await shot(page, 'verify-1366-zh')
  assert.equal(await page.locator('.verify .tag.failed').count(), 0)
  await page.waitForSelector('.verify li[data-check="timestamp"] .tag.ok')
  const commands = await page.locator('.verify pre:not(.own)').innerText()
  const folder = mkdtempSync(join(tmpdir(), 'emr-files.'))
  try {
    for (const link of await page.locator('.self a').all()) {
      const url = new URL(await link.getAttribute('href'), world.url)
      writeFileSync(join(folder, await link.innerText()), await (await page.context().request.get(url.href)).body())
    }
    const said = execFileSync('sh', ['-ec', commands], { cwd: folder, encoding: 'utf8' })
    assert.match(said, /王建国[^]*Verified OK[^]*Hash Algorithm: sm3/)
    // What the token was made over is the digest of the signature, as the page says.
    const imprint = [...said.matchAll(/^ {4}00[01]0 - ((?:[0-9a-f]{2}[ -]){16})/gm)].map(line => line[1].replace(/[ -]/g, '')).join('')
    assert.equal(/signature\.der\)= ([0-9a-f:]+)/.exec(said)[1].replaceAll(':', ''), imprint)
    const own = await page.locator('.verify pre.own').innerText()
    execFileSync('sh', ['-ec', own], { cwd: folder, env: world.env })
    writeFileSync(join(folder, 'record.html'), 'another')
    assert.throws(() => execFileSync('sh', ['-ec', commands], { cwd: folder, stdio: 'ignore' }))
    writeFileSync(join(folder, 'signature.der'), 'another')
    assert.throws(() => execFileSync('sh', ['-ec', own], { cwd: folder, env: world.env, stdio: 'ignore' }))
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
  await page.waitForSelector('.el-tabs__item.is-active:has-text("已完成")') // by itself
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
  // It is for him to act: under "to sign" with what to do, and nowhere else.
  await senior.waitForSelector('.el-table tr:has(.tag.countersign:has-text("Awaits you")):has-text("On your phone")')
  await senior.waitForSelector('.el-tabs__item.is-active:has-text("To sign")')
  assert.equal(await senior.locator('.el-tabs__item:has-text("Being signed")').innerText(), 'Being signed 0')
  await shot(senior, 'senior-1366-en')
  await senior.click('.el-table [data-way="scan"]')
  await senior.waitForSelector('[data-scan="open"]')
  await senior.keyboard.press('Escape')
  await senior.waitForSelector('.scan-dialog', { state: 'detached' })
  const waiting = await badge(senior)
  await senior.click('.el-table tr:has-text("Awaits you") a')
  await senior.waitForSelector('.turn')
  await shot(senior, 'senior-card-1366-en')
  world.phoneSigns('D1002')
  await senior.waitForFunction(n => Number(document.querySelector('.top nav .el-badge__content')?.textContent ?? 0) === n - 1, waiting)
  await intern.waitForFunction(() => document.querySelectorAll('.one[data-state="signed"] .tag.ok').length === 2, null, { timeout: 10000 })
  await shot(intern, 'countersigned-1366-zh')
  assert.deepEqual(await twoLines(intern.locator('.one .time, .one .who b, .list .row i')), [])
  await intern.click('.verdict a >> nth=0')
  await intern.waitForSelector('.verify .both a:has-text("陈思远") .tag.ok')
  await intern.waitForSelector('.verify .both :text-is("摘要一致")')
  await shot(intern, 'countersigned-verify-1366-zh')
  // Withdrawn, its value still verifies; the report says that it is void, and why.
  const report = intern.url()
  await intern.click('.verify header button')
  // A question closes when the page that comes back sets its address.
  for (let tries = 0; tries < 5; tries++) {
    await intern.click('.one button:has-text("作废签名")')
    if (await intern.waitForSelector('.el-message-box__input input', { timeout: 3000 }).catch(() => null)) break
  }
  await intern.fill('.el-message-box__input input', '写错了病人')
  await intern.click('.el-message-box__btns .el-button--primary')
  await intern.waitForSelector('.one[data-state="withdrawn"]')
  await intern.goto(report)
  await intern.waitForSelector('.verify header.bad:has-text("签名已作废")')
  await intern.waitForSelector('.verify dd:has-text("写错了病人")')
  await shot(intern, 'withdrawn-verify-1366-zh')
  // Its card leads there, and once it is signed anew its entry in the history does.
  await intern.click('.verify header button')
  await intern.waitForSelector('.one[data-state="withdrawn"] .tag.failed:has-text("签名已作废")')
  await shot(intern, 'withdrawn-1366-zh')
  await intern.click('.signatures [data-way="push"]')
  await intern.waitForSelector('.one[data-state="pending"]')
  await intern.click('.signatures details summary')
  const before = intern.locator('.before:has-text("周雨桐")')
  assert.match(await before.innerText(), /已作废[^]*写错了病人[^]*证书序列号 [0-9a-f]{32}/)
  await shot(intern, 'history-1366-zh')
  await before.locator('a').click()
  await intern.waitForSelector('.verify header.bad:has-text("签名已作废")')
  assert.equal(intern.url(), report)
  // The key is changed: its certificate is replaced, and not said to be revoked.
  await intern.waitForSelector('.verify li:has-text("证书未被吊销")')
  world.run('yiqian', 'device', 'rekey', '--dir', 'phone-D1003', '--pin-file', 'pin.txt')
  await intern.reload()
  await intern.waitForSelector('.verify li:has-text("已替换为新证书")')
  assert.doesNotMatch(await intern.locator('.verify .checks').innerText(), /被吊销/)
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

test('the service restarts while a record waits: the page says so, and the signature arrives', async () => {
  const page = await person('N2001')
  await record(page, 6, '护理记录')
  await world.stop('server')
  await page.click('.signatures [data-way="push"]')
  await page.waitForSelector('.one[data-state="sending"]')
  await page.waitForSelector('.offline')
  await shot(page, 'offline-1366-zh')
  await world.startServer()
  await page.waitForSelector('.one[data-state="pending"]')
  await page.waitForSelector('.offline', { state: 'detached' })
  world.phoneSigns('N2001')
  await page.waitForSelector('.one[data-state="signed"] .tag.ok')
})

test('the EMR restarts: who is signed in stays so, and what was signed meanwhile is there', async () => {
  const page = await person('N2001')
  page.awaited.push('/api/')
  await record(page, 7, '护理记录')
  await page.click('.signatures [data-way="push"]')
  await page.waitForSelector('.one[data-state="pending"]')
  await world.stop('emr')
  world.phoneSigns('N2001')
  await world.startEmr()
  await page.waitForSelector('.one[data-state="signed"] .tag.ok', { timeout: 20000 })
  assert.equal(await page.locator('.top .me b').innerText(), '李静')
})
