// Login: the one-time link, the key file, a scan, the command, each with its sad ways; the first administrator.
import assert from 'node:assert/strict'
import { execSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { as, go, open, shot, shotBoth, stage, watch, world } from './stage.mjs'
import { World } from './world.mjs'

const PASSPHRASE = '晨会 before rounds 7'
stage()

async function leave(page) {
  await page.click('[data-act="person"]')
  await page.click('[data-act="logout"]')
  await page.waitForSelector('[data-page="login"]')
}
/** A key file made under "my account"; its path. */
async function makeKeyFile(page, name) {
  await go(page, '/account')
  await page.click('[data-act="new-file"]')
  await page.fill('[name="passphrase"]', PASSPHRASE)
  await page.fill('[name="again"]', PASSPHRASE)
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('[data-act="make"]')])
  const path = join(world.folder, name)
  await download.saveAs(path)
  await page.waitForSelector('[data-made]')
  return path
}
async function tab(page, name) {
  await page.click(`#tab-${name}`)
}

test('a link logs in once; used, or made up, it says so', async () => {
  const link = await world.link('operator')
  const page = await open({ path: link })
  await page.waitForSelector('[data-page="home"]')
  assert.doesNotMatch(page.url(), /link=/)
  const other = await open({ path: link })
  await other.waitForSelector('[data-page="login"] [data-failed]')
  await shotBoth(other, 'login-link-used')
  const nonsense = await open({ path: '/login?link=nonsense' })
  await nonsense.waitForSelector('[data-failed]')
  // An earlier link is void once there is another.
  const first = await world.link('operator')
  await world.link('operator')
  const late = await open({ path: first })
  await late.waitForSelector('[data-failed]')
})

test('a page that was asked for comes after the login; one of another site does not', async () => {
  const page = await open({ path: '/operators' })
  await page.waitForSelector('[data-page="login"]')
  assert.match(page.url(), /to=\/operators/)
  await page.goto(`${world.url}/console/#/login?to=//evil.example/`)
  await page.evaluate(link => { location.hash = link }, `${await world.link('administrator')}&to=//evil.example/`)
  await page.waitForSelector('[data-page="home"]')
})

test('the key file: made in the browser, read by OpenSSL, good for a login by keyboard alone', async () => {
  const page = await as('administrator', { path: '/account' })
  await page.waitForSelector('[data-part="certificates"]')
  await shotBoth(page, 'account')
  await page.click('[data-act="new-file"]')
  await page.fill('[name="passphrase"]', 'short')
  await page.waitForSelector('text=至少 12 个字符')
  await page.fill('[name="passphrase"]', '123456789012')
  await page.waitForSelector('text=过于简单')
  await page.fill('[name="passphrase"]', PASSPHRASE)
  await page.fill('[name="again"]', 'another')
  await page.waitForSelector('text=两次不一致')
  assert.ok(await page.isDisabled('[data-act="make"]'))
  await shotBoth(page, 'keyfile')
  await page.keyboard.press('Escape')
  await page.waitForSelector('[data-dialog="keyfile"]', { state: 'hidden' })
  const path = await makeKeyFile(page, 'key.pem')
  await shot(page, 'keyfile-made')
  await page.click('[data-dialog="keyfile"] [data-act="close"]')
  await page.waitForSelector('[data-part="certificates"] [data-state="active"]')
  execSync(`openssl pkey -in ${path} -passin 'pass:${PASSPHRASE}' -noout -check`)
  assert.throws(() => execSync(`openssl pkey -in ${path} -passin pass:wrong -noout`, { stdio: 'pipe' }))
  await leave(page)

  // By keyboard alone.
  await page.focus('#tab-scan')
  await page.keyboard.press('ArrowRight')
  await page.waitForFunction(() => document.activeElement.id === 'tab-file')
  await page.keyboard.press('Enter')
  await page.waitForSelector('[data-act="choose"]')
  // Where the focus is taken away in the midst of this, as a menu that closes late on a slow machine may do, the way there is gone once more.
  let chooser = null
  const asked = page.waitForEvent('filechooser').then(one => { chooser = one })
  for (let i = 0; i < 40 && !chooser; i++) {
    const there = await page.evaluate(() => document.activeElement.matches('[data-act="choose"]'))
    await page.keyboard.press(there ? 'Enter' : 'Tab')
    if (there) await Promise.race([asked, page.waitForFunction(() => !document.activeElement.matches('[data-act="choose"]')).catch(() => undefined)])
  }
  await asked
  await chooser.setFiles(path)
  await page.waitForFunction(() => document.activeElement.matches('[name="passphrase"]'))
  await page.keyboard.type(PASSPHRASE)
  await page.keyboard.press('Enter')
  await page.waitForSelector('[data-page="home"]', { timeout: 60000 })
  // The way of the last login is the first that is offered.
  await leave(page)
  await page.reload()
  await page.waitForSelector('[data-act="choose"]')
})

test('a wrong passphrase, another file, a damaged one, a revoked certificate', async () => {
  const page = await as('second')
  const path = await makeKeyFile(page, 'second.pem')
  await page.click('[data-dialog="keyfile"] [data-act="close"]')
  await leave(page)
  await tab(page, 'file')
  await page.setInputFiles('[name="file"]', join(world.folder, 'emr.json'))
  await page.waitForSelector('[data-wrong]:has-text("这不是密钥文件")')
  await page.setInputFiles('[name="file"]', path)
  await page.fill('[name="passphrase"]', 'another passphrase')
  await page.click('[data-act="enter"]')
  await page.waitForSelector('[data-wrong]:has-text("口令不正确")', { timeout: 60000 })
  await shotBoth(page, 'login-file-wrong')
  const text = readFileSync(path, 'utf8')
  writeFileSync(join(world.folder, 'cut.pem'), text.slice(0, text.indexOf('-----BEGIN CERTIFICATE')))
  await page.setInputFiles('[name="file"]', join(world.folder, 'cut.pem'))
  await page.fill('[name="passphrase"]', PASSPHRASE)
  await page.click('[data-act="enter"]')
  await page.waitForSelector('[data-wrong]:has-text("没有证书")')

  const { operator } = world.operators.second
  const [{ certificate_id }] = (await world.socket('GET', `/v1/operators/${operator}/certificates`)).items
  await world.socket('DELETE', `/v1/operators/${operator}/certificates/${certificate_id}`)
  await page.setInputFiles('[name="file"]', path)
  await page.fill('[name="passphrase"]', PASSPHRASE)
  await page.click('[data-act="enter"]')
  await page.waitForSelector('[data-failed]', { timeout: 60000 })
  await shot(page, 'login-file-revoked')
})

test('by the command that the page shows', async () => {
  const page = await as('auditor')
  const path = await makeKeyFile(page, 'auditor.pem')
  await page.click('[data-dialog="keyfile"] [data-act="close"]')
  await leave(page)
  await tab(page, 'command')
  const command = await page.locator('[data-code]').first().innerText()
  await shotBoth(page, 'login-command')
  await page.fill('[name="answer"]', 'nothing of it')
  await page.click('[data-act="enter"]')
  await page.waitForSelector('[data-wrong]')
  writeFileSync(join(world.folder, 'passphrase'), `${PASSPHRASE}\n`, { mode: 0o600 })
  // Past the line, which stands still while this waits.
  const said = world.run(...command.replace('key.pem', path).replace(world.url, `http://127.0.0.1:${world.port}`).split(' '), '--passphrase-file', 'passphrase', '--json')
  const answer = JSON.parse(said).proof
  await page.fill('[name="answer"]', answer)
  await page.click('[data-act="enter"]')
  await page.waitForSelector('[data-page="home"]')
  await leave(page)
  // Good once.
  await tab(page, 'command')
  await page.fill('[name="answer"]', answer)
  await page.click('[data-act="enter"]')
  await page.waitForSelector('[data-failed]')

  // As a USB key's program has it: the certificate and the signature, which here is OpenSSL's.
  await page.click('summary')
  const message = await page.locator('[data-code]').nth(1).innerText()
  const signature = execSync(`openssl dgst -sm3 -sigopt distid:1234567812345678 -passin 'pass:${PASSPHRASE}' -sign ${path} | openssl base64 -A`, { input: Buffer.from(message, 'base64'), encoding: 'utf8' })
  await page.fill('[name="answer"]', `${execSync(`openssl x509 -in ${path}`, { encoding: 'utf8' })}${signature}\n`)
  await page.click('[data-act="enter"]')
  await page.waitForSelector('[data-page="home"]')
})

test('by scan; by the short code and its number; a wrong number', async () => {
  const directory = world.device('A1001')
  const page = await open({ path: '/login' })
  const login = watch(page, /\/v1\/console\/logins/)
  await tab(page, 'scan')
  await page.waitForSelector('.scan[data-state="open"] canvas')
  await shotBoth(page, 'login-scan')
  const old = login.last.code
  for (let i = 0; i < 50 && login.last.code === old; i++) await page.waitForTimeout(100)
  assert.notEqual(login.last.code, old, 'the code renews itself')
  world.run('yiqian', 'device', 'scan', login.last.code, '--dir', directory, '--yes', '--pin-file', 'pin.txt')
  await page.waitForSelector('[data-page="home"]')
  assert.match(await page.innerText('[data-act="person"]'), /林晓岚/)
  await leave(page)

  const type = (...number) => world.run('yiqian', 'device', 'login', login.last.short_code, '--dir', directory, '--yes', '--pin-file', 'pin.txt', ...number)
  await page.waitForSelector('.scan[data-state="open"] canvas')
  assert.throws(() => type(), /--number/) // the screen shows the digits now
  await page.waitForSelector('[data-number]')
  await shotBoth(page, 'login-number')
  type('--number', await page.innerText('[data-number]'))
  await page.waitForSelector('[data-page="home"]')
  await leave(page)

  await page.waitForSelector('.scan[data-state="open"] canvas')
  assert.throws(() => type(), /--number/)
  const wrong = await page.innerText('[data-number]') === '11' ? '12' : '11'
  assert.throws(() => type('--number', wrong))
  await page.waitForSelector('[data-over]')
  await shot(page, 'login-declined')
  await page.click('[data-act="renew"]')
  await page.waitForSelector('.scan[data-state="open"] canvas')
})

test('a phone from before one was an operator logs in once one says under my account that it is one\'s own', async () => {
  const directory = world.device('D1002')
  world.operators.doctor = await world.socket('POST', '/v1/operators', { staff_no: 'D1002', role: 'auditor' })
  const page = await open({ path: '/login' })
  const login = watch(page, /\/v1\/console\/logins/)
  const scan = () => world.run('yiqian', 'device', 'scan', login.last.code, '--dir', directory, '--yes', '--pin-file', 'pin.txt')
  await tab(page, 'scan')
  await page.waitForSelector('.scan[data-state="open"] canvas')
  assert.throws(scan, /forbidden/)
  const mine = await as('doctor', { path: '/account' })
  await mine.waitForSelector('[data-part="phones"] [data-login="false"]')
  await shotBoth(mine, 'account-phones')
  await mine.click('[data-act="phone-own"]')
  await shot(mine, 'account-phone-own')
  await mine.click('[data-dialog="confirm"] [data-act="yes"]')
  await mine.waitForSelector('[data-part="phones"] [data-login="true"]')
  scan()
  await page.waitForSelector('[data-page="home"]')
  assert.match(await page.innerText('[data-act="person"]'), /陈晓梅/)
  await mine.click('[data-act="phone-take"]')
  await mine.click('[data-dialog="confirm"] [data-act="yes"]')
  await mine.waitForSelector('[data-part="phones"] [data-login="false"]')
})

test('the server gone while the login is open: said, and the code comes back with it', async () => {
  const page = await open({ path: '/login' })
  await tab(page, 'scan')
  await page.waitForSelector('.scan[data-state="open"] canvas')
  world.cut()
  await page.waitForSelector('[data-unreachable]')
  await shot(page, 'login-gone')
  world.mend()
  await page.waitForSelector('[data-unreachable]', { state: 'detached' })
})

test('a user who is no operator is refused by the scan, and the screen stays as it is', async () => {
  const directory = world.device('D1001')
  const page = await open({ path: '/login' })
  const login = watch(page, /\/v1\/console\/logins/)
  await tab(page, 'scan')
  await page.waitForSelector('.scan[data-state="open"] canvas')
  await page.waitForTimeout(1200)
  assert.throws(() => world.run('yiqian', 'device', 'scan', login.last.code, '--dir', directory, '--yes', '--pin-file', 'pin.txt'), /forbidden/)
  await page.waitForTimeout(1200)
  assert.equal(await page.getAttribute('.scan', 'data-state'), 'open')
})

test('the first administrator: by the link that the server printed, with a key file; the link is good once', async t => {
  const other = await World.open({ operators: {} })
  t.after(() => other.close())
  const link = await other.firstLink()
  const context = await other.browserOf()
  const page = await other.console(context, link)
  await page.waitForSelector('[data-page="first"]')
  await shotBoth(page, 'first')
  await page.fill('[name="staff_no"]', 'A1001')
  await page.fill('[name="name"]', '林晓岚')
  await page.fill('[name="passphrase"]', PASSPHRASE)
  await page.fill('[name="again"]', PASSPHRASE)
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('[data-act="become"]')])
  const path = join(other.folder, 'first.pem')
  await download.saveAs(path)
  await page.waitForSelector('[data-made]')
  await shotBoth(page, 'first-made')
  execSync(`openssl pkey -in ${path} -passin 'pass:${PASSPHRASE}' -noout -check`)
  await page.click('[data-act="enter"]')
  await page.waitForSelector('[data-page="home"]')
  assert.match(await page.innerText('[data-act="person"]'), /林晓岚\s*系统管理员/)
  const late = await other.console(await other.browserOf(), link)
  await late.fill('[name="staff_no"]', 'A1002')
  await late.fill('[name="name"]', '沈思远')
  await late.click('text=移动端应用')
  await late.click('[data-act="become"]')
  await late.waitForSelector('[data-failed]:has-text("链接已使用或已过期")')
  await shotBoth(late, 'first-used')
  assert.deepEqual([...page.wrong, ...late.wrong], [])
})

test('the first administrator with the app', async t => {
  const other = await World.open({ operators: {} })
  t.after(() => other.close())
  const page = await other.console(await other.browserOf(), await other.firstLink())
  await page.fill('[name="staff_no"]', 'A1001')
  await page.fill('[name="name"]', '林晓岚')
  await page.click('text=移动端应用')
  await page.click('[data-act="become"]')
  const code = await page.locator('[data-activation]').innerText()
  await shotBoth(page, 'first-app')
  other.run('yiqian', 'device', 'enrol', '--dir', 'phone', '--server', `http://127.0.0.1:${other.port}`, '--staff-no', 'A1001', '--code', code, '--name', 'phone', '--pin-file', 'pin.txt')
  await page.click('[data-act="enter"]')
  await page.waitForSelector('[data-page="home"]')
  assert.deepEqual(page.wrong, [])
})
