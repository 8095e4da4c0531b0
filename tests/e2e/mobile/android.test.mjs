// The app inside the Android app: the server chosen by hand, enrolment, the phone's own fingerprint, and nothing reached but that server.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { AndroidPhone, ORIGIN } from './android.mjs'
import { PIN, World } from './world.mjs'

let world, phone
before(async () => {
  world = await World.open({ options: ['--app-origins', ORIGIN] })
  phone = await AndroidPhone.open()
}, { timeout: 120000 })
after(async () => {
  await phone?.close()
  await world?.close()
})

const enter = async page => {
  for (const digit of PIN) await page.locator('.pad .digit', { hasText: new RegExp(`^${digit}$`) }).click()
  await page.click('.pad [data-act="ok"]')
}

test('from the first start to signatures by the finger, by the PIN where the finger is refused, and without it for good where another was enrolled', async () => {
  const page = await phone.page()
  await page.waitForSelector('[data-page="welcome"]')
  assert.equal(await page.evaluate(() => isSecureContext), true)

  // Which server: the page is loaded anew, and reaches that one.
  await page.click('[data-act="server"]')
  await page.fill('[name="server"]', world.url)
  await page.click('[data-act="look"]')
  await page.waitForSelector('[data-server="good"]')
  assert.equal(phone.server, world.url)
  await page.click('[data-act="use"]')
  await page.waitForSelector('[data-page="welcome"]')

  await page.click('[data-act="code"]')
  await page.fill('[name="staff-no"]', 'D1001')
  await page.fill('[name="activation-code"]', world.activate('D1001'))
  await page.click('[data-act="next"]')
  for (const which of ['first', 'again']) {
    await page.waitForSelector(`[data-pin="${which}"]`)
    await enter(page)
  }
  await page.waitForSelector('[data-person]:has-text("王建国")')
  await page.click('[data-act="is-me"]')
  await page.click('[data-act="finger-on"]')
  await page.waitForSelector('[data-step="done"]')
  assert.equal(phone.wrapped.size, 1)
  await page.click('[data-act="start"]')
  await page.waitForSelector('[data-tab="tasks"].on')
  assert.equal(world.keys('D1001')[0].platform, 'android')

  const sign = async (title, finish) => {
    const task = await world.task('D1001', { title })
    await page.locator(`[data-task="${task.task}"]`).click({ timeout: 15000 })
    await page.waitForSelector('[data-digest]')
    await page.click('[data-act="sign"]')
    await finish?.()
    await page.waitForSelector('[data-result="ok"]')
    await page.click('[data-act="finish"]')
    const signed = await world.business('GET', `/v1/tasks/${task.task}`)
    assert.equal(signed.state, 'signed')
    return signed.signature.method
  }
  assert.equal(await sign('首次病程记录'), 'fingerprint')
  assert.equal(phone.prompts.length, 1)
  assert.ok(phone.prompts[0].length > 0 && phone.prompts[0].length <= 255, phone.prompts[0])

  phone.finger = 'no'
  assert.equal(await sign('医嘱', async () => {
    await page.waitForSelector('[data-auth] .pad')
    await enter(page)
  }), 'pin')
  assert.equal(phone.wrapped.size, 1, 'a no is no end')

  phone.finger = 'other'
  assert.equal(await sign('出院小结', async () => {
    await page.waitForSelector('[data-auth] .pad')
    await enter(page)
  }), 'pin')

  assert.deepEqual(page.wrong, [])
  await page.reload()
  await page.waitForSelector('[data-tab="tasks"].on')
  assert.deepEqual(page.wrong, [])
})

test('nothing else is reached, and no frame is made', async () => {
  const page = await phone.page()
  await page.waitForSelector('#app *')
  const reached = await page.evaluate(async urls => Promise.all(urls.map(url => fetch(url, { mode: 'no-cors' }).then(() => url, () => ''))), ['https://evil.example/', `http://127.0.0.1:${world.port}/v1/time`])
  assert.deepEqual(reached, ['', ''])
  assert.equal(await page.evaluate(url => fetch(`${url}/v1/server`).then(answer => answer.status), world.url), 200)
  const blocked = await page.evaluate(() => new Promise(done => {
    document.addEventListener('securitypolicyviolation', event => done(event.effectiveDirective), { once: true })
    document.body.append(Object.assign(document.createElement('iframe'), { src: '/app/' }))
  }))
  assert.equal(blocked, 'frame-src')
})
