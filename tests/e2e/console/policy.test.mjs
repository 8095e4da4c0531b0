// The policy, which two may change at once; push services; and the settings, which are only shown.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { approve, as, go, shot, shotBoth, stage, waits, world } from './stage.mjs'

stage({ options: ['--crl-life', '12h'] })
/** What the form shows is what the server has. While it is being saved the button cannot be pressed either. */
const settled = page => page.waitForFunction(() => document.querySelector('[data-page="policy"] [data-act="save"]:disabled:not(.is-loading)'))
/** Asked for, and approved by the other one. */
async function saved(page, by) {
  await settled(page)
  assert.deepEqual(await approve(by), [200])
}

test('the policy is changed, and of two the second one is told', async () => {
  const first = await as('administrator', { path: '/policy' }), second = await as('second', { path: '/policy' })
  await first.fill('[name="renewal_days"]', '45')
  await first.keyboard.press('Tab')
  await second.waitForSelector('[name="console_idle_minutes"]')
  await shotBoth(second, 'policy')
  await first.click('[data-act="save"]')
  await waits(first)
  assert.equal((await world.socket('GET', '/v1/policy')).renewal_days, 30) // nobody approved it yet
  await saved(first, 'second')
  assert.equal((await world.socket('GET', '/v1/policy')).renewal_days, 45)
  await second.fill('[name="console_idle_minutes"]', '20')
  await second.keyboard.press('Tab')
  await second.click('[data-act="save"]')
  await second.waitForSelector('[data-conflict]')
  assert.match(await second.innerText('[data-conflict]'), /45/)
  await shotBoth(second, 'policy-conflict')
  assert.equal((await world.socket('GET', '/v1/policy')).console_idle_minutes, 15)
  await second.click('[data-act="theirs"]')
  await settled(second)
  assert.equal(await second.inputValue('[name="renewal_days"]'), '45')
  await second.fill('[name="console_idle_minutes"]', '20')
  await second.keyboard.press('Tab')
  await second.click('[data-act="save"]')
  await waits(second)
  await saved(second, 'administrator')
  const policy = await world.socket('GET', '/v1/policy')
  assert.deepEqual([policy.renewal_days, policy.console_idle_minutes], [45, 20])
  // What a session of the console lives by is this value.
  await second.reload()
  const session = await second.evaluate(async () => (await fetch(new URL('../v1/console/session', location.href.replace(/#.*/, '')))).json())
  assert.equal(session.idle_seconds, 20 * 60)
  // A number out of bounds is brought back to them before it is sent.
  await second.waitForSelector('[name="renewal_days"]')
  await second.fill('[name="renewal_days"]', '999')
  await second.keyboard.press('Tab')
  assert.equal(await second.inputValue('[name="renewal_days"]'), '180')
})

test('settings: the value, where it stands and how it is changed; who may not change the policy, cannot', async () => {
  const page = await as('auditor', { path: '/settings' })
  const row = page.locator('tr', { has: page.locator('[data-setting="crl_life"]') })
  await row.waitFor()
  assert.match(await row.innerText(), /12h[\s\S]*命令行[\s\S]*--crl-life/)
  await page.click('[data-which="certificates"]')
  await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 5)
  await shotBoth(page, 'settings')
  await page.click('[data-which="all"]')
  await page.fill('[name="q"]', '时间源')
  await page.waitForSelector('[data-setting="time_sources"]')
  // Who runs certificates may read them, and not change the policy.
  const operator = await as('operator', { path: '/policy' })
  await operator.waitForSelector('[name="renewal_days"]:disabled')
  assert.equal(await operator.locator('[data-act="save"]').count(), 0)
})

test('a push service that is not there is said to be not there', async () => {
  const page = await as('administrator', { path: '/push' })
  await page.click('[data-act="addEndpoint"]')
  await page.fill('[name="url"]', 'http://127.0.0.1:9/push')
  assert.equal(await page.locator('[data-dialog="endpoint"] .events').count(), 0)
  await page.click('[data-act="saveEndpoint"]')
  await page.waitForSelector('[data-dialog="endpointSecret"] [data-code]')
  await page.click('[data-dialog="endpointSecret"] [data-act="finish"]')
  await page.click('[data-act="test"]')
  await page.waitForSelector('[data-result]')
  assert.match(await page.innerText('[data-result]'), /拒绝/)
  await shot(page, 'push')
  await page.click('[data-act="stateEndpoint"]')
  await page.waitForSelector('[data-endpoints] [data-state="suspended"]')
  await page.click('[data-act="removeEndpoint"]')
  await page.click('[data-dialog="confirm"] [data-act="yes"]')
  await page.waitForFunction(() => !document.querySelector('[data-endpoint]'))
  await go(page, '/policy')
})
