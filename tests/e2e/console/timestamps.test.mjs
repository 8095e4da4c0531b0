// Timestamp units, who may ask for timestamps, other authorities' roots, and the clock.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { approve, as, failure, shot, shotBoth, stage, waits, world } from './stage.mjs'

stage()
/** A timestamp query over SHA-256 (RFC 3161): the answer's status, 0 where it refuses. */
async function stamp(unit = 'default', address = '') {
  const query = execFileSync('openssl', ['ts', '-query', '-digest', '00'.repeat(32), '-sha256', '-cert'])
  const answer = await fetch(`${world.url}/tsa${unit === 'default' ? '' : `/${unit}`}`, { method: 'POST', headers: { 'content-type': 'application/timestamp-query', ...(address ? { 'x-forwarded-for': address } : {}) }, body: query })
  // A refusal of the server's own is an answer too, without a token in it.
  return (await answer.arrayBuffer()).byteLength < 300 && answer.status === 200 ? 0 : answer.status
}
const dialog = name => `[data-dialog="${name}"]`

test('a unit is made, issues, is stopped, started and retired', async () => {
  const page = await as('administrator', { path: '/timestamps/units' })
  await page.waitForSelector('[data-page="units"] [data-unit]')
  await shotBoth(page, 'units')
  await page.click('[data-act="add"]')
  await page.fill(`${dialog('unit')} [name="unit"]`, '诊室')
  assert.ok(await page.isDisabled(`${dialog('unit')} [data-act="do"]`))
  await page.fill(`${dialog('unit')} [name="unit"]`, 'clinic')
  await page.click(`${dialog('unit')} .el-radio:nth-child(2)`)
  await shotBoth(page, 'unit-new')
  await page.click(`${dialog('unit')} [data-act="do"]`)
  const row = page.locator('tr', { has: page.locator('[data-unit="clinic"]') })
  await row.waitFor()
  assert.equal(await stamp('clinic'), 200)
  await row.locator('[data-act="details"]').click()
  await page.waitForSelector(`${dialog('certificate')} dl`)
  assert.match(await page.innerText(dialog('certificate')), /ECDSA P-256/)
  await shot(page, 'unit-certificate')
  const download = page.waitForEvent('download')
  await page.click('[data-act="saveCertificate"]')
  const file = await (await download).path()
  assert.match(execFileSync('openssl', ['x509', '-inform', 'DER', '-in', file, '-noout', '-ext', 'extendedKeyUsage']).toString(), /Time Stamping/)
  await page.keyboard.press('Escape')
  await page.waitForSelector(dialog('certificate'), { state: 'hidden' })
  await row.locator('[data-act="stop"]').click()
  await page.click(`${dialog('confirm')} [data-act="yes"]`)
  await row.locator('[data-state="stopped"]').waitFor()
  assert.notEqual(await stamp('clinic'), 200)
  await row.locator('[data-act="start"]').click()
  await row.locator('[data-state="active"]').waitFor()
  assert.equal(await stamp('clinic'), 200)
  await row.locator('[data-act="retire"]').click()
  await page.click(`${dialog('retire')} [data-act="do"]`)
  // What destroys a key waits for another person; until he agrees, nothing has happened.
  await page.waitForSelector('.told.pending')
  assert.equal(await stamp('clinic'), 200)
  const [asked] = (await page.evaluate(async () => (await fetch(new URL('../v1/approvals?state=pending', location.href.replace(/#.*/, '')))).json())).items
  assert.equal(asked.act, 'tsa.unit_retire')
})

test('the access lists: a wrong network, a row that would keep oneself out, the check that follows', async () => {
  const page = await as('administrator', { path: '/timestamps/access' })
  await page.waitForFunction(() => document.querySelector('[data-verdict]'))
  assert.equal(await page.inputValue('[data-check] [name="address"]'), '127.0.0.1')
  assert.match(await page.innerText('[data-verdict]'), /放行/)
  await page.click('[data-act="deny"]')
  await page.fill(`${dialog('access')} [name="network"]`, '10.1.0.0/33')
  await page.waitForSelector(`${dialog('access')} .el-form-item__error`)
  assert.ok(await page.isDisabled(`${dialog('access')} [data-act="do"]`))
  await page.fill(`${dialog('access')} [name="network"]`, '127.0.0.0/8')
  await page.waitForSelector('[data-warning]')
  assert.match(await page.innerText('[data-warning]'), /127\.0\.0\.1/)
  await shotBoth(page, 'access-deny-own')
  await page.click(`${dialog('access')} [data-act="do"]`)
  await page.waitForSelector(dialog('confirm'))
  await page.click(`${dialog('confirm')} [data-act="no"]`)
  assert.equal(await stamp(), 200) // nothing was done
  await page.click(`${dialog('access')} [data-act="do"]`)
  await page.click(`${dialog('confirm')} [data-act="yes"]`)
  await page.waitForSelector('[data-row="127.0.0.0/8"]')
  assert.equal(await stamp(), 403)
  await page.waitForFunction(() => /拒绝/.test(document.querySelector('[data-verdict]')?.textContent ?? ''))
  await page.fill('[data-check] [name="address"]', '10.2.0.1')
  await page.waitForFunction(() => /放行/.test(document.querySelector('[data-verdict]')?.textContent ?? ''))
  await shotBoth(page, 'access')
  // The note is changed on the row's version; somebody was faster.
  const rows = await world.socket('GET', '/v1/tsa/access')
  const row = page.locator('tr', { has: page.locator('[data-row="127.0.0.0/8"]') })
  await row.locator('[data-act="edit"]').click()
  await world.socket('PATCH', `/v1/tsa/access/${rows.items[0].access}`, { note: '他先改了' })
  await page.fill(`${dialog('access')} [name="note"]`, '我后改')
  await page.click(`${dialog('access')} [data-act="do"]`)
  await page.waitForSelector('[data-conflict]')
  assert.match(await page.innerText('[data-conflict]'), /他先改了\s+我后改/)
  await page.click('[data-act="mine"]')
  await row.getByText('我后改').waitFor()
  await row.locator('[data-act="remove"]').click()
  await page.click(`${dialog('confirm')} [data-act="yes"]`)
  await row.waitFor({ state: 'detached' })
  assert.equal(await stamp(), 200)
  // The first row that allows shuts all others out: asked again, with what comes of it.
  await page.click('[data-act="allow"]')
  await page.fill(`${dialog('access')} [name="network"]`, '10.9.0.0/16')
  await page.click(`${dialog('access')} [data-act="do"]`)
  await page.waitForSelector(dialog('confirm'))
  assert.match(await page.innerText(dialog('confirm')), /127\.0\.0\.1.*所有客户端/)
  await page.click(`${dialog('confirm')} [data-act="no"]`)
  assert.equal(await stamp(), 200)
})

test('roots of other authorities: added from a file, not from nonsense; their list comes and is counted', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'yiqian-roots-'))
  const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  try {
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'key.pem', '-out', 'root.pem', '-subj', '/C=CN/O=Example TSA/CN=Example TSA Root', '-days', '30',
      '-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign')
    writeFileSync(join(folder, 'ca.cnf'), '[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=7\ncrlnumber=number\n')
    writeFileSync(join(folder, 'index.txt'), '')
    writeFileSync(join(folder, 'number'), '01\n')
    openssl('ca', '-gencrl', '-config', 'ca.cnf', '-keyfile', 'key.pem', '-cert', 'root.pem', '-out', 'root.crl')
    writeFileSync(join(folder, 'nonsense.pem'), 'this is no certificate')
    const page = await as('administrator', { path: '/timestamps/roots' })
    await page.click('[data-act="add"]')
    await page.fill(`${dialog('root')} [name="name"]`, '示例时间戳机构')
    await page.setInputFiles(`${dialog('root')} [name="certificate"]`, join(folder, 'nonsense.pem'))
    await page.click(`${dialog('root')} [data-act="do"]`)
    await page.waitForSelector('[data-failed]')
    await shot(page, 'root-nonsense')
    await page.setInputFiles(`${dialog('root')} [name="certificate"]`, join(folder, 'root.pem'))
    // Signatures are of SM2 alone: for them this one is refused, for timestamps it is taken.
    await page.click(`${dialog('root')} [data-purpose="signature"]`)
    await page.click(`${dialog('root')} [data-act="do"]`)
    await page.waitForSelector('[data-failed]:has-text("SM2")')
    await shot(page, 'root-purposes')
    await page.click(`${dialog('root')} [data-purpose="signature"]`)
    await page.click(`${dialog('root')} [data-act="do"]`)
    // Whom one trusts is not for one person to say: the other one compares the certificate's hash.
    await waits(page)
    assert.equal((await world.socket('GET', '/v1/tsa/roots')).items.length, 0)
    const boss = await as('second', { path: '/approvals' })
    const asked = boss.locator('[data-approval="tsa.root_add"]')
    const print = openssl('x509', '-in', 'root.pem', '-noout', '-fingerprint', '-sha256').toString().trim().split('=')[1]
    await asked.locator(`text=${print}`).waitFor()
    await shot(boss, 'root-approval')
    await asked.locator('[data-act="approve"]').click()
    await boss.click(`${dialog('confirm')} [data-act="yes"]`)
    await asked.waitFor({ state: 'detached' })
    await page.reload()
    const row = page.locator('tr', { has: page.locator('[data-root="示例时间戳机构"]') })
    await row.waitFor()
    await page.setInputFiles('[data-crl="示例时间戳机构"]', join(folder, 'nonsense.pem'))
    await failure(page)
    await page.setInputFiles('[data-crl="示例时间戳机构"]', join(folder, 'root.crl'))
    await page.waitForFunction(() => /最新/.test(document.querySelector('tbody')?.textContent ?? ''))
    await shotBoth(page, 'roots')
    await row.locator('[data-act="remove"]').click()
    await page.click(`${dialog('confirm')} [data-act="yes"]`)
    await waits(page)
    const gone = boss.locator('[data-approval="tsa.root_remove"]')
    await boss.reload()
    await gone.locator('text=示例时间戳机构').waitFor()
    await gone.locator(`text=${print}`).waitFor()
    await gone.locator('[data-act="approve"]').click()
    await boss.click(`${dialog('confirm')} [data-act="yes"]`)
    await gone.waitFor({ state: 'detached' })
    await page.reload()
    await page.waitForSelector('[data-page="roots"] .empty')
    assert.equal(await row.count(), 0)
  } finally { rmSync(folder, { recursive: true }) }
})

test('the clock: the standard time goes on, the state is told, and where it is configured', async () => {
  const page = await as('administrator', { path: '/timestamps/clock' })
  await page.waitForFunction(() => /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(document.querySelector('[data-now]')?.textContent ?? ''))
  const first = await page.innerText('[data-now]')
  // The server's clock, whatever the browser's says: in Shanghai's zone.
  const shown = Date.parse(`${first.replace(' ', 'T')}+08:00`)
  assert.ok(Math.abs(shown - Date.now()) < 3000, `${first} is not the time`)
  await page.waitForFunction(before => document.querySelector('[data-now]').textContent !== before, first)
  await page.waitForSelector('[data-demonstration]') // no source is set in this world
  await page.waitForFunction(() => document.body.innerText.includes('time_sources = system'))
  await shotBoth(page, 'clock')
  const operator = await as('operator', { path: '/timestamps/clock' })
  await operator.waitForSelector('[data-page="clock"], [data-page="forbidden"]')
})
