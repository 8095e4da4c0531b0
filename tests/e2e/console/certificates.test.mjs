// Certificates, profiles and the CA in the console: what is wrong is said where it is wrong, two people who change one profile, another person who approves.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { as, failure, go, shot, shotBoth, stage, world } from './stage.mjs'

stage()
const enrolled = {}
/** Three people with a certificate, made for the first test that asks. */
async function people() {
  for (const staff of ['D1001', 'D1002', 'N2001']) enrolled[staff] ??= await enrol(staff)
}

/** The reference phone of the command line enrols; its certificate. */
async function enrol(staff) {
  const user = (await world.socket('GET', `/v1/users?staff_no=${staff}`)).items[0]
  const { activation_code: code } = await world.socket('POST', `/v1/users/${user.user}/activation-codes`, {})
  world.run('yiqian', 'device', 'enrol', '--server', `http://127.0.0.1:${world.port}`, '--dir', `phone-${staff}`, '--staff-no', staff, '--code', code, '--pin-file', 'pin.txt', '--yes')
  return (await world.socket('GET', `/v1/certificates?user=${user.user}`)).items[0]
}
const ready = (page, name) => page.waitForSelector(`[data-page="${name}"]`)
async function downloaded(page, act) {
  const [file] = await Promise.all([page.waitForEvent('download'), page.click(`[data-act="${act}"]`)])
  return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) }
}
/** What waits, approved by the other administrator: what became of each. */
async function approve() {
  const second = await as('second')
  return second.evaluate(async () => {
    const { csrf } = await (await fetch('/v1/console/session')).json()
    const { items } = await (await fetch('/v1/approvals?state=pending')).json()
    const became = []
    for (const one of items) {
      const answer = await fetch(`/v1/approvals/${one.approval}/approve`, { method: 'POST', headers: { 'x-csrf-token': csrf } })
      became.push((await answer.json()).status)
    }
    return became
  })
}
async function waits(page) {
  await page.waitForFunction(() => document.body.innerText.includes('等待另一位同事批准'))
}

test('certificates: found by name, number and serial; one is read whole and saved', async () => {
  await people()
  const page = await as('operator', { path: '/certificates' })
  await page.waitForSelector('text=王建国')
  await shotBoth(page, 'certificates')
  await page.fill('[name="q"]', enrolled.D1002.serial.slice(0, 8))
  await page.waitForFunction(() => document.querySelector('[data-shown]')?.textContent.includes('1') && !document.body.innerText.includes('王建国'))
  await page.fill('[name="q"]', '没有此人')
  await page.waitForSelector('text=没有符合条件的证书')
  await page.fill('[name="q"]', 'd1001')
  await page.click('text=王建国')
  await ready(page, 'certificate')
  await page.waitForSelector('[data-reading]')
  assert.match(await page.innerText('[data-field="subject"]'), /serialNumber=D1001,CN=王建国/)
  assert.match(await page.innerText('[data-extension="2.5.29.15"]'), /digitalSignature, nonRepudiation/)
  await shotBoth(page, 'certificate')
  const der = await downloaded(page, 'der')
  assert.equal(der.name, `${enrolled.D1001.serial}.cer`)
  const { certificate } = await world.socket('GET', `/v1/certificates/${enrolled.D1001.serial}`)
  assert.equal(der.bytes.toString('base64'), certificate)
  const pem = await downloaded(page, 'pem')
  assert.match(pem.bytes.toString(), /^-----BEGIN CERTIFICATE-----\n[\s\S]+-----END CERTIFICATE-----\n$/)
  const chain = await downloaded(page, 'chain')
  assert.equal(chain.bytes.toString().match(/BEGIN CERTIFICATE/g).length, 3)
  await go(page, '/certificates/00')
  await page.waitForSelector('[data-failed="certificate_not_found"]')
})

test('frozen and unfrozen, then revoked for a reason, for good', async () => {
  await people()
  const page = await as('operator', { path: `/certificates/${enrolled.D1002.serial}` })
  await page.click('[data-act="freeze"]')
  await page.click('[data-dialog="confirm"] [data-act="yes"]')
  await page.waitForSelector('[data-act="unfreeze"]')
  await page.click('[data-act="unfreeze"]')
  await page.click('[data-dialog="confirm"] [data-act="yes"]')
  await page.waitForSelector('[data-act="freeze"]')
  await page.click('[data-act="revoke"]')
  await page.waitForSelector('[data-dialog="revoke"]')
  assert.ok(await page.isDisabled('[data-act="revoke-yes"]'))
  await shot(page, 'certificate-revoke')
  await page.click('[data-field="reason"]')
  await page.click('[data-reason="affiliationChanged"]')
  await page.click('[data-act="revoke-yes"]')
  await page.waitForSelector('[data-page="certificate"] [data-state="revoked"]')
  assert.equal(await page.locator('[data-act="revoke"]').count(), 0)
  assert.equal((await world.socket('GET', `/v1/certificates/${enrolled.D1002.serial}`)).reason, 'affiliationChanged')
})

test('an auditor looks and changes nothing', async () => {
  await people()
  const page = await as('auditor', { path: `/certificates/${enrolled.D1001.serial}` })
  await page.waitForSelector('[data-reading]')
  for (const act of ['revoke', 'freeze']) assert.equal(await page.locator(`[data-act="${act}"]`).count(), 0)
  await go(page, '/profiles/personal')
  await page.waitForSelector('[data-version="1"]')
  assert.equal(await page.locator('[data-act="edit"]').count(), 0)
  await go(page, '/profiles-new')
  await page.waitForSelector('[data-page="forbidden"]')
})

test('what ends soon, and how many there are', async () => {
  await people()
  const page = await as('operator', { path: '/certificates-expiring' })
  await page.waitForSelector('text=30 天内没有到期的证书')
  await page.click('[data-days="90"]')
  await page.waitForSelector('text=王建国')
  await shotBoth(page, 'expiring')
  await go(page, '/certificates-statistics')
  await page.waitForSelector('.chart canvas')
  assert.equal(await page.innerText('[data-count="revoked"]'), '1')
  await shotBoth(page, 'certificate-statistics')
})

test('the CA, its lists, and a new one', async () => {
  await people()
  const page = await as('administrator', { path: '/authority' })
  await page.waitForSelector('[data-authority="root"] [data-reading]')
  await shotBoth(page, 'authority')
  const number = Number(await page.innerText('[data-number="issuing"]'))
  await page.click('[data-act="issue-crl"]')
  await page.waitForFunction(number => Number(document.querySelector('[data-number="issuing"]').innerText) === number + 1, number)
  const list = await downloaded(page, 'crl-issuing')
  assert.equal(list.bytes[0], 0x30)
  const operator = await as('operator', { path: '/authority' })
  await operator.waitForSelector('[data-number="issuing"]')
  assert.equal(await operator.locator('[data-act="issue-crl"]').count(), 0)
})

test('a profile is written with its preview beside it; what is wrong is said where it is; another person approves', async () => {
  await people()
  const page = await as('administrator', { path: '/profiles' })
  await page.waitForSelector('[data-profile="personal"]')
  await shotBoth(page, 'profiles')
  await page.click('[data-act="new"]')
  await ready(page, 'profile-edit')
  await page.waitForSelector('[data-preview] [data-reading]')
  await page.fill('[name="profile"]', 'doctor')
  await page.fill('[name="name"]', '门诊医师')
  await page.click('[data-preset="identity"]')
  await page.waitForSelector('[data-preview] [data-extension="1.2.156.10260.4.1.1"]')
  assert.match(await page.innerText('[data-extension="1.2.156.10260.4.1.1"]'), /\[0\] \{ PrintableString "SAMPLE" \}/)
  // Of a person who has no such attribute it is left out.
  await page.click('[data-pick="person"]')
  await page.click('.el-select-dropdown__item:visible:has-text("D1001")')
  await page.waitForSelector('[data-left-out]')
  // A wrong OID, and one that is the CA's.
  await page.fill('[name="oid-0"]', '1.2.')
  await page.waitForSelector('[data-extension-form="0"] .el-form-item__error')
  await page.fill('[name="oid-0"]', '2.5.29.15')
  await page.waitForFunction(() => document.querySelector('[data-extension-form="0"] .el-form-item__error')?.textContent.includes('CA'))
  await shotBoth(page, 'profile-wrong')
  await page.fill('[name="oid-0"]', '1.2.156.10260.4.1.1')
  await page.waitForSelector('[data-extension-form="0"] .el-form-item__error', { state: 'detached' })
  // A value that does not fit its type, and one that is too long.
  await page.click('[data-act="add-extension"]')
  await page.fill('[name="oid-1"]', '1.2.156.99999.1')
  await page.fill('[name="value-1"]', 'x'.repeat(257))
  await page.waitForSelector('[data-extension-form="1"] .el-form-item__error')
  await page.click('[data-act="save"]')
  await page.waitForSelector('[data-failed="field_length"]')
  await page.click('[data-field="type-1"]')
  await page.click('.el-select-dropdown__item[data-type="INTEGER"]:visible')
  await page.fill('[name="value-1"]', 'abc')
  await page.waitForSelector('[data-extension-form="1"] .el-form-item__error')
  await page.fill('[name="value-1"]', '7')
  await page.waitForFunction(() => document.querySelector('[data-extension="1.2.156.99999.1"]')?.textContent.includes('INTEGER 7'))
  // A critical one is warned of.
  await page.click('[data-critical="1"]')
  await page.waitForSelector('[data-warning="critical_extension"]')
  await shotBoth(page, 'profile-edit')
  await page.click('[data-critical="1"]')
  // Without a name that says whose it is there is no certificate.
  await page.fill('[name="subject-2"]', '某人')
  await page.waitForSelector('[data-error="subject"]')
  await page.fill('[name="subject-2"]', '{name}')
  await page.click('[data-act="save"]')
  await waits(page)
  assert.deepEqual(await approve(), [201])
  await go(page, '/profiles/doctor')
  await page.waitForSelector('[data-version="1"]')
  const seen = await world.socket('GET', '/v1/profiles/doctor')
  assert.deepEqual(seen.definition.extensions.map(one => [one.oid, one.type, one.value]), [['1.2.156.10260.4.1.1', 'PrintableString', '{attribute:身份证号}'], ['1.2.156.99999.1', 'INTEGER', '7']])
})

test('two people change one profile: the later one is told; versions are compared', async () => {
  await people()
  const page = await as('administrator', { path: '/profiles/doctor' })
  await page.click('[data-page="profile"] [data-act="edit"]')
  await page.waitForSelector('[data-extension-form="1"]')
  await world.socket('PATCH', '/v1/profiles/doctor', { note: '另一位', definition: { ...(await world.socket('GET', '/v1/profiles/doctor')).definition, validity_days: 365 } })
  await page.fill('[name="value-1"]', '8')
  await page.fill('[name="note"]', '改为 8')
  await page.click('[data-act="save"]')
  // Told at once: nobody is asked to approve what cannot be done.
  await page.waitForSelector('[data-failed="changed_meanwhile"]')
  await shot(page, 'profile-stale')
  await page.click('[data-act="cancel"]')
  await page.click('[data-dialog="confirm"] [data-act="yes"]') // what was not saved is lost
  await page.waitForSelector('[data-page="profile-edit"]', { state: 'detached' })
  await go(page, '/profiles/doctor')
  await ready(page, 'profile')
  await page.reload()
  await page.waitForSelector('[data-version="2"]')
  assert.match((await page.locator('[data-line="new"]').allInnerTexts()).join('\n'), /"validity_days": 365/)
  assert.equal((await world.socket('GET', '/v1/profiles/doctor')).version, 2)
  await shotBoth(page, 'profile')
})

test('the profile in use is not retired; another one is used first, and certificates come of it', async () => {
  await people()
  const page = await as('administrator', { path: '/profiles/personal' })
  await page.click('[data-act="retire"]')
  await page.fill('[data-dialog="confirm"] [name="typed"]', 'personal')
  await page.click('[data-dialog="confirm"] [data-act="yes"]')
  assert.match(await failure(page), /请先改用其他模板/)
  assert.equal((await world.socket('GET', '/v1/profiles/personal')).state, 'active')
  await go(page, '/profiles/doctor')
  await page.click('[data-act="use"]')
  await page.click('[data-dialog="confirm"] [data-act="yes"]')
  await waits(page)
  assert.deepEqual(await approve(), [200])
  assert.equal((await world.socket('GET', '/v1/policy')).certificate_profile, 'doctor')
  const certificate = await enrol('N2002')
  assert.equal(certificate.profile, 'doctor')
  await go(page, `/certificates/${certificate.serial}`)
  await page.waitForSelector('[data-extension="1.2.156.99999.1"]')
  await world.socket('POST', '/v1/profiles/personal/use')
})
