// The app in a shell, which has no server yet: chosen by hand and by scanning, looked at before anything is sent to it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { choosePin, enrol, go, open, phone, shot, world } from './stage.mjs'

/** What apps/ios puts into a window: it keeps the server's address, and gives it when the page is loaded. */
async function inShell(context) {
  await context.addInitScript(() => {
    window.webkit = { messageHandlers: { YiqianShell: { async postMessage(text) {
      const asked = JSON.parse(text)
      if (asked.call === 'info') return JSON.stringify({ result: { version: '1.0', server: localStorage.getItem('shell-server') ?? '', development: true } })
      if (asked.call === 'setServer') {
        if (!/^https:|^http:\/\/localhost/.test(asked.url)) return JSON.stringify({ error: 'invalid_argument' })
        localStorage.setItem('shell-server', asked.url)
        return JSON.stringify({ result: {} })
      }
      if (asked.call === 'fingerprint') return JSON.stringify({ result: { available: false, reason: 'missing' } })
      if (asked.call === 'allowNotifications') return JSON.stringify({ result: { allowed: true } })
      if (asked.call === 'notify') (window.notified ??= []).push(asked.tasks)
      return JSON.stringify({ result: {} })
    } } } }
  })
  return context
}

test('by hand: what is no address is said, what does not answer too, and the right one is shown before it is taken', async () => {
  const page = await open(await inShell(await phone({ authenticator: '' })))
  await page.waitForSelector('[data-page="welcome"] [data-act="server"]')
  await shot(page, 'shell-welcome-390-zh')
  await page.click('[data-act="code"]') // there is no server to send a code to
  await page.waitForSelector('[data-page="server"]')
  await page.fill('[name="server"]', 'http://sign.hospital.example')
  await page.click('[data-act="look"]')
  await page.waitForSelector('[data-server="malformed"] .wrong')
  // One that was looked at and not taken is nobody's server.
  await page.fill('[name="server"]', 'http://localhost:9')
  await page.click('[data-act="look"]')
  await page.waitForSelector('[data-server="unreachable"]')
  await page.click('[data-act="back"]')
  await page.waitForSelector('[data-page="welcome"] [data-act="server"]:has-text("设置服务器")')
  await page.reload()
  await page.click('[data-act="code"]')
  await page.waitForSelector('[data-page="server"]')
  await page.fill('[name="server"]', 'http://sign.hospital.example')
  await page.click('[data-act="look"]')
  await page.waitForSelector('[data-server="malformed"] .wrong')
  await shot(page, 'shell-server-390-zh')
  await page.fill('[name="server"]', world.url)
  world.line.swallow = /\/v1\/server/
  await page.click('[data-act="look"]')
  await page.waitForSelector('[data-server="unreachable"]')
  await shot(page, 'shell-server-unreachable-390-zh')
  world.mend()
  await page.click('[data-act="look"]')
  await page.waitForSelector('[data-server="good"] .found:has-text("0.1.0")')
  await shot(page, 'shell-server-good-390-zh')
  await page.click('[data-act="use"]')
  await page.waitForSelector('[data-step="code"]') // where the person wanted to go
  await page.fill('[name="staff-no"]', 'D1001')
  await page.fill('[name="activation-code"]', world.activate('D1001'))
  await page.click('[data-act="next"]')
  await choosePin(page)
  await page.click('[data-act="is-me"]')
  await page.waitForSelector('[data-step="done"]')
  assert.equal(world.keys('D1001').filter(key => key.state === 'active').length, 1)
  await page.click('[data-act="start"]')
  await page.waitForSelector('[data-empty]')
  // Another one, typed or scanned, is let go with its page, or when the app is closed there.
  for (const leave of [() => page.click('[data-act="back"]'), () => page.goto('about:blank')]) {
    await go(page, '/server')
    await page.fill('[name="server"]', 'http://localhost:9')
    await page.click('[data-act="look"]')
    await page.waitForSelector('[data-server="unreachable"]')
    assert.equal(await page.evaluate(() => localStorage.getItem('shell-server')), 'http://localhost:9')
    await leave()
    if (page.url() === 'about:blank') await page.goto(`${world.url}/app/`)
    else await go(page, '/')
    await page.waitForSelector('[data-empty]')
    await page.waitForFunction(url => localStorage.getItem('shell-server') === url && !localStorage.getItem('server-before'), world.url)
  }
  // The policy here is that of the server, which a shell's own would let through.
  page.wrong = page.wrong.filter(text => !text.includes('http://localhost:9/'))
})

test('by scanning the code of the server', async () => {
  const page = await open(await inShell(await phone({ authenticator: '' })))
  await page.click('[data-act="server"]')
  await page.click('[data-act="scan"]')
  await world.show(page, world.run('yiqian', 'server-code', '--text').trim())
  await page.waitForSelector('[data-server="good"]', { timeout: 15000 })
  await page.click('[data-act="use"]')
  await page.waitForSelector('[data-page="welcome"]')
  await page.reload()
  await page.waitForSelector(`[data-act="server"]:has-text("${world.url.replace('http://', '')}")`)
  await enrol(page, 'D1002')
  await go(page, '/settings')
  await page.waitForSelector(`[data-to="server"]:has-text("${world.url.replace('http://', '')}")`)
  await page.check('[data-pref="notify"]')
  await shot(page, 'shell-settings-390-zh')
  await world.task('D1002')
  await page.waitForFunction(() => window.notified?.includes(1))
  await page.uncheck('[data-pref="notify"]')
  await page.waitForFunction(() => window.notified.at(-1) === 0)
})
