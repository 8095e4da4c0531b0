// Signatures, their stories, verification, statistics and timestamps, of signatures that are made here.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { as, go, shot, shotBoth, stage, world } from './stage.mjs'

stage()

const made = {}
/** The day of the browser's zone. */
const today = new Date(Date.now() + 8 * 3600000).toISOString().slice(0, 10)

/** A person with a phone of the command line's, who signs what waits for him. */
function enrol(staff) {
  world.run('yiqian', 'device', 'enrol', '--staff-no', staff, '--code', world.activate(staff), '--server', world.env.YIQIAN_SERVER, '--dir', `phone-${staff}`, '--pin-file', 'pin.txt', '--yes')
}
const sign = staff => world.run('yiqian', 'device', 'sign', '--all', '--dir', `phone-${staff}`, '--pin-file', 'pin.txt')

test('nothing yet: each page says so and what will be there', async () => {
  const page = await as('operator', { path: '/signatures' })
  await page.waitForSelector('[data-page="signatures"] .empty')
  assert.match(await page.innerText('.empty'), /还没有签名/)
  await shot(page, 'signatures-empty')
  await go(page, '/statistics')
  await page.waitForSelector('[data-total]')
  assert.equal(await page.innerText('[data-total]'), '0')
  assert.match(await page.innerText('[data-figure="signatures-by-day"] .empty'), /没有数据/)
  await go(page, '/tokens')
  await page.waitForSelector('[data-page="tokens"] .empty')
  assert.match(await page.innerText('.empty'), /还没有签发过时间戳/)
})

test('signatures are made: one stays, one is withdrawn, one has a certificate that is revoked, one is declined', { timeout: 300000 }, async () => {
  enrol('D1001')
  enrol('N2001')
  made.stays = await world.task('D1001', { title: '出院小结', form: 'cms', reference: 'ZY2026-0001', record_type: '出院小结', department: '心内科', fields: [{ label: '床号', value: '3' }] })
  made.withdrawn = await world.task('D1001', { title: '手术知情同意书', reference: 'ZY2026-0002', record_type: '知情同意书', department: '心内科' })
  made.revoked = await world.task('N2001', { title: '护理记录单', reference: 'HL-77', record_type: '护理记录', department: '重症医学科' })
  sign('D1001')
  sign('N2001')
  await world.business('POST', `/v1/tasks/${made.withdrawn.task}/withdraw`, { reason: '病历写错了人' })
  made.declined = await world.task('D1001', { title: '会诊意见' })
  world.run('yiqian', 'device', 'decline', made.declined.task, '--dir', 'phone-D1001', '--reason', '不是我的病人')
  const signed = (await world.business('GET', `/v1/tasks/${made.revoked.task}`)).signature
  await world.socket('POST', `/v1/certificates/${signed.serial}/revoke`, { reason: 'keyCompromise' })
  for (const name of Object.keys(made)) made[name] = await world.business('GET', `/v1/tasks/${made[name].task}`)
  assert.deepEqual(Object.values(made).map(task => task.state), ['signed', 'withdrawn', 'signed', 'declined'])
})

const shown = async page => { await page.waitForFunction(() => !document.querySelector('.el-loading-mask:not([style*="none"])')); return page.locator('[data-story]').evaluateAll(all => all.map(one => one.textContent)) }
/** Until the list is this. */
async function lists(page, wanted) {
  for (let i = 0; ; i++) {
    const now = await shown(page)
    if (JSON.stringify(now) === JSON.stringify(wanted)) return
    if (i === 40) assert.deepEqual(now, wanted)
    await page.waitForTimeout(150)
  }
}

test('search: by everything, kept in the address, and a sheet of it', async () => {
  const page = await as('auditor', { path: '/signatures' })
  await page.waitForSelector('[data-story]')
  assert.equal((await shown(page)).length, 3)
  await shotBoth(page, 'signatures')
  await page.fill('[data-filter="person"]', '李静')
  await page.keyboard.press('Enter')
  await lists(page, ['护理记录单'])
  assert.match(page.url(), /person=/)
  await page.goBack()
  await page.waitForFunction(() => document.querySelectorAll('[data-story]').length === 3)
  await page.fill('[data-filter="reference"]', 'ZY2026')
  await page.keyboard.press('Enter')
  await page.waitForSelector('.empty')
  await page.check('[data-filter="prefix"]')
  await page.click('[data-act="search"]')
  await page.waitForFunction(() => document.querySelectorAll('[data-story]').length === 2)
  await page.fill('[data-filter="title"]', '同意')
  await page.keyboard.press('Enter')
  await lists(page, ['手术知情同意书'])
  const [file] = await Promise.all([page.waitForEvent('download'), (async () => { await page.click('[data-act="download"]'); await page.click('[data-act="csv"]') })()])
  const text = readFileSync(await file.path(), 'utf8')
  assert.match(text, /ZY2026-0002/)
  assert.equal(text.trim().split('\n').length, 2)
  await go(page, `/signatures?department=${encodeURIComponent('重症医学科')}&method=pin&from=${today}&to=${today}`)
  await lists(page, ['护理记录单'])
  await page.reload()
  await lists(page, ['护理记录单'])
  await go(page, '/signatures?from=2020-01-01&to=2020-01-31')
  await page.waitForFunction(() => /没有符合条件/.test(document.querySelector('.empty')?.textContent ?? ''))
})

test('a bad filter is told, and nothing stands below it', async () => {
  const page = await as('operator', { path: '/signatures?method=face' })
  await page.waitForSelector('[data-failed]')
  assert.equal(await page.locator('[data-story]').count(), 0)
  await page.click('[data-act="clear"]')
  await page.waitForSelector('[data-story]')
  await page.fill('[data-filter="person"]', '没有此人')
  await page.keyboard.press('Enter')
  await page.waitForSelector('[data-failed]')
  await shot(page, 'signatures-nobody')
  await go(page, '/signatures/00000000-0000-7000-8000-000000000000')
  await page.waitForSelector('[data-page="signature"] [data-failed]')
})

test('a story: what happened, the checks, the files', async () => {
  const page = await as('auditor', { path: '/signatures' })
  await page.click(`[data-story="${made.stays.task}"]`)
  await page.waitForSelector('[data-verdict]')
  assert.match(await page.innerText('[data-verdict]'), /签名有效/)
  const steps = await page.locator('[data-step]').evaluateAll(all => all.map(one => one.dataset.step))
  for (const step of ['task.create', 'task.view', 'task.claim', 'task.sign', 'timestamp']) assert.ok(steps.includes(step), `${step} among ${steps}`)
  assert.ok(steps.indexOf('task.create') < steps.indexOf('task.claim') && steps.indexOf('task.claim') < steps.indexOf('task.sign'))
  assert.equal(steps.filter(step => step === 'task.sign').length, 1)
  const results = await page.locator('[data-check]').evaluateAll(all => all.map(one => `${one.dataset.check} ${one.dataset.result}`))
  for (const check of ['signature ok', 'chain ok', 'revocation ok', 'structure ok', 'imprint ok']) assert.ok(results.includes(check), `${check} among ${results}`)
  await page.click('[data-raw] summary')
  assert.ok((await page.innerText('[data-raw]')).includes(made.stays.signature.rs))
  await shotBoth(page, 'story')
  const kept = {}
  for (const what of ['evidence', 'cms', 'der', 'chain', 'token']) {
    const [file] = await Promise.all([page.waitForEvent('download'), page.click(`[data-act="${what}"]`)])
    kept[what] = readFileSync(await file.path())
  }
  assert.equal(JSON.parse(kept.evidence).task.task, made.stays.task)
  assert.equal(kept.cms.toString('base64'), made.stays.signature.cms)
  assert.equal(kept.der.toString('base64'), made.stays.signature.der)
  assert.equal(kept.chain.toString().match(/BEGIN CERTIFICATE/g).length, 3)
  assert.equal(kept.token.toString('base64'), made.stays.timestamp.token)
  for (const [name, bytes] of Object.entries(kept)) writeFileSync(join(world.folder, `kept.${name}`), bytes)
})

test('withdrawn, revoked afterwards, declined: each says so', async () => {
  const page = await as('operator', { path: `/signatures/${made.withdrawn.task}` })
  await page.waitForSelector('[data-withdrawn]')
  assert.match(await page.innerText('[data-withdrawn]'), /病历写错了人/)
  assert.match(await page.innerText('[data-verdict]'), /签名有效/)
  assert.equal(await page.locator('[data-step="task.withdraw"]').count(), 1)
  await shot(page, 'story-withdrawn')
  await go(page, `/signatures/${made.revoked.task}`)
  await page.waitForSelector('[data-certificate-now]')
  assert.match(await page.innerText('[data-certificate-now]'), /已吊销/)
  assert.match(await page.innerText('[data-check="revocation"]'), /通过/)
  await go(page, `/signatures/${made.declined.task}`)
  await page.waitForFunction(() => /没有签名/.test(document.querySelector('[data-verdict]')?.textContent ?? ''))
  assert.equal(await page.locator('[data-step="task.decline"]').count(), 1)
})

test('verify: the file that was kept, another document, what is no signature, a timestamp', async () => {
  const page = await as('auditor', { path: '/verify' })
  await page.waitForSelector('[data-page="verify"]')
  const give = (name, bytes, file = `${name}.bin`) => page.setInputFiles(`[data-drop="${name}"] input[type="file"]`, { name: file, mimeType: 'application/octet-stream', buffer: bytes })
  const verdict = () => page.waitForSelector('[data-found="signature"] [data-valid]').then(found => found.getAttribute('data-valid'))
  await page.click('[data-act="verify"]')
  await page.waitForSelector('[data-wrong]')
  const document = Buffer.from('患者病情平稳，继续目前治疗。')
  await give('document', document)
  await give('signature', readFileSync(join(world.folder, 'kept.cms')), 'a.p7s')
  await page.click('[data-act="verify"]')
  assert.equal(await verdict(), 'true')
  await page.waitForSelector('[data-found="timestamp"] [data-valid="true"]')
  await shotBoth(page, 'verify')
  await give('document', Buffer.from('另一份文书'))
  await page.click('[data-act="verify"]')
  await page.waitForSelector('[data-found="signature"] [data-valid="false"]')
  await shot(page, 'verify-bad')
  await give('document', document)
  await give('signature', readFileSync(join(world.folder, 'kept.der')))
  await page.click('[data-act="verify"]')
  await page.waitForSelector('[data-wrong]')
  await give('certificate', readFileSync(join(world.folder, 'kept.chain')).subarray(0, readFileSync(join(world.folder, 'kept.chain')).indexOf('-----END') + 26))
  await page.click('[data-act="verify"]')
  await page.waitForSelector('[data-found="signature"] [data-valid]')
  await give('signature', Buffer.from('这不是签名'))
  await page.click('[data-act="verify"]')
  await page.waitForSelector('[data-failed], [data-wrong]')
  await page.click('#tab-timestamp')
  await give('token', readFileSync(join(world.folder, 'kept.token')), 'a.tst')
  await page.click('[data-act="verify"]')
  await page.waitForSelector('[data-found="timestamp"] [data-valid="true"]')
  await give('token', Buffer.from('30', 'hex'))
  await page.click('[data-act="verify"]')
  await page.waitForSelector('[data-failed], [data-found="timestamp"] [data-valid="false"]')
})

test('timestamps: found, shown, verified', async () => {
  const page = await as('operator', { path: '/tokens' }).then(async page => ((await page.locator('[data-page="forbidden"]').count()) ? as('administrator', { path: '/tokens' }) : page))
  await page.waitForSelector('[data-token]')
  assert.equal(await page.locator('[data-token]').count(), 3)
  await shotBoth(page, 'tokens')
  // By the clock of whoever looks, to the microsecond; whom it was for is chosen by name.
  assert.match(await page.locator('tbody time').first().innerText(), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/)
  for (const [client, n] of [['匿名', 0], ['电子病历', 3]]) {
    await page.click('[data-filter="client"]')
    await page.click(`.el-select-dropdown__item:has-text("${client}"):visible`)
    await page.waitForFunction(n => document.querySelectorAll('[data-token]').length === n && /client=/.test(location.hash), n)
  }
  const { serial } = made.stays.timestamp
  await page.fill('[data-filter="serial"]', serial)
  await page.keyboard.press('Enter')
  await page.waitForFunction(() => document.querySelectorAll('[data-token]').length === 1)
  await page.click(`[data-token="${serial}"]`)
  await page.waitForSelector('[data-page="token"] .facts')
  await page.click('[data-act="verify"]')
  await page.waitForSelector('[data-found="timestamp"] [data-valid="true"]')
  await shot(page, 'token')
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('[data-act="save"]')])
  assert.equal(readFileSync(await file.path()).toString('base64'), made.stays.timestamp.token)
  await go(page, '/tokens?serial=zz')
  await page.waitForSelector('[data-failed]')
  await go(page, '/token-statistics')
  await page.waitForSelector('[data-figure="timestamps-by-day"] canvas')
  await shot(page, 'token-statistics')
})

test('statistics: what was signed, as charts, numbers and a sheet; a range with nothing', async () => {
  const page = await as('auditor', { path: '/statistics' })
  await page.waitForSelector('[data-figure="signatures-by-day"] canvas')
  assert.equal(await page.innerText('[data-total]'), '3')
  for (const [outcome, n] of [['signed', '3'], ['declined', '1'], ['withdrawn', '1']]) assert.equal(await page.innerText(`[data-outcome="${outcome}"]`), n)
  await page.click('[data-figure="signatures-by-department"] summary')
  assert.match(await page.innerText('[data-figure="signatures-by-department"] table'), /心内科\s+2\s+66\.7%[\s\S]*重症医学科\s+1/)
  await page.click('[data-figure="signatures-by-person"] summary')
  assert.match(await page.innerText('[data-figure="signatures-by-person"] table'), /王建国\s*D1001\s+2/)
  await shotBoth(page, 'statistics')
  const [file] = await Promise.all([page.waitForEvent('download'), (async () => { await page.click('[data-figure="signatures-by-department"] [data-act="download"]'); await page.locator('[data-act="xlsx"]:visible').click() })()])
  const book = join(world.folder, 'departments.xlsx')
  await file.saveAs(book)
  const rows = JSON.parse(world.run('/usr/bin/python3', '-c', `
import json, re, sys, zipfile
book = zipfile.ZipFile(sys.argv[1])
sheet = book.read('xl/worksheets/sheet1.xml').decode()
print(json.dumps(re.findall(r'<c r="B\\d+"[^>]*?(?: t="(\\w+)")?[^>]*><v>(\\d+)</v>', sheet)))`, book))
  assert.ok(rows.some(([type, value]) => value === '2' && type !== 's'), `a number as a number among ${JSON.stringify(rows)}`)
  await page.click('[data-range="7"]')
  await page.waitForFunction(() => /from=/.test(location.hash))
  await page.waitForSelector('[data-figure="signatures-by-day"] canvas')
  await go(page, '/statistics?from=2020-01-01&to=2020-01-31')
  await page.waitForFunction(() => document.querySelector('[data-total]')?.textContent === '0')
  assert.match(await page.innerText('[data-figure="signatures-by-hour"] .empty'), /没有数据/)
  await go(page, '/statistics?from=2020-01-01&to=2026-01-31')
  await page.waitForSelector('[data-failed]')
})

test('home shows today', async () => {
  const page = await as('operator')
  await page.waitForSelector('[data-part="figures"] canvas')
  assert.equal(await page.innerText('[data-today]'), '3')
  await shotBoth(page, 'home-figures')
  await page.click('[data-part="figures"] a.card')
  await page.waitForFunction(() => document.querySelectorAll('[data-story]').length === 3)
})
