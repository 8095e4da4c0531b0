// Backups: the first one asks for a passphrase, a schedule, a verification, a download that somebody else approves, and the command that restores.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { as, go, shotBoth, stage, world } from './stage.mjs'

stage()
const PASSPHRASE = '一二三四五六七八九十百千'
/** The second administrator approves what waits; `n` of them are approved then. */
async function approve(other, n, ...seen) {
  await go(other, '/approvals')
  for (const said of seen) await other.waitForSelector(`[data-approval]:has-text("${said}")`)
  await other.click('[data-act="approve"]')
  await other.click('[data-dialog="confirm"] [data-act="yes"]')
  await other.waitForFunction(async n => {
    const answer = await fetch(new URL('../v1/approvals?state=approved', location.href.replace(/#.*/, '')))
    return (await answer.json()).items.length === n
  }, n)
  await go(other, '/')
  await other.waitForSelector('[data-page="home"]')
}
async function reopen(page) {
  await go(page, '/')
  await page.waitForSelector('[data-page="home"]')
  await go(page, '/backup')
}
async function typePassphrase(page) {
  await page.fill('[name="passphrase"]', PASSPHRASE)
  await page.fill('[name="again"]', PASSPHRASE)
}

test('one now, by schedule, verified, downloaded', async () => {
  const page = await as('administrator', { path: '/backup' })
  await page.click('[data-act="make"]')
  await page.waitForSelector('[data-dialog="backup"] [data-act="go"]:disabled')
  await page.fill('[name="passphrase"]', 'short')
  await page.waitForSelector('.el-form-item__error')
  assert.equal(await page.isDisabled('[data-dialog="backup"] [data-act="go"]'), true)
  await shotBoth(page, 'backup-make')
  await typePassphrase(page)
  await page.click('[data-dialog="backup"] [data-act="go"]')
  await page.waitForSelector('tbody [data-state="done"]', { timeout: 120000 })

  await page.click('[data-act="schedule"]')
  await page.click('[data-dialog="backup"] [data-schedule="weekly"]')
  await page.fill('[name="at"]', '03:15')
  await typePassphrase(page)
  await page.click('[data-dialog="backup"] [data-act="go"]')
  await page.waitForSelector('.el-notification.pending')
  await page.waitForSelector('[data-dialog="backup"]', { state: 'hidden' })
  assert.equal((await world.socket('GET', '/v1/backup-settings')).schedule, 'off')
  const other = await as('second')
  await approve(other, 1)
  await reopen(page)
  await page.waitForFunction(() => /03:15/.test(document.querySelector('[data-test="schedule"]')?.textContent ?? ''))
  const settings = await world.socket('GET', '/v1/backup-settings')
  assert.deepEqual([settings.schedule, settings.at, settings.has_passphrase], ['weekly', '03:15', true])

  await page.click('[data-act="verify"]')
  await page.waitForSelector('[data-finding="ok"]', { timeout: 120000 })
  await shotBoth(page, 'backup')

  await page.waitForSelector('.el-notification.pending', { state: 'detached' })
  await page.click('[data-act="download"]')
  await page.waitForSelector('.el-notification.pending')
  const [made] = (await world.socket('GET', '/v1/backups')).items
  await approve(other, 2, made.file, '全部数据', '制作人', 'A1001 林晓岚')
  await reopen(page)
  await page.waitForSelector('[data-act="download"].el-button--primary')
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('[data-act="download"]')])
  assert.equal(download.suggestedFilename(), made.file)

  await page.click('[data-act="restore"]')
  assert.match(await page.innerText('[data-dialog="restore"] [data-code]'), new RegExp(`yiqiand restore .*${made.file}`))
  await shotBoth(page, 'backup-restore')
})
