// System check, monitoring, alarms and their channels, audit and business log; a disk that runs full, a time source that is gone, a mail server
// that refuses.
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { approve, as, go, shot, shotBoth, stage, waits, world } from './stage.mjs'

// More than any disk has, and a time server that nobody is.
stage({ options: ['--check-disk-free', '1000000000GiB', '--time-sources', 'ntp:127.0.0.1:9', '--monitor-interval', '1s', '--node-name', 'node-a'] })

/** A mail server that takes what is sent, or refuses every recipient. */
async function mailServer() {
  const server = { messages: [], refuses: false }
  server.net = createServer(peer => {
    let data = false, text = ''
    peer.write('220 mail.hospital.example\r\n')
    peer.on('data', chunk => {
      text += chunk
      for (let end; (end = text.indexOf(data ? '\r\n.\r\n' : '\r\n')) >= 0;) {
        const line = text.slice(0, end)
        text = text.slice(end + (data ? 5 : 2))
        if (data) {
          server.messages.push(line)
          data = false
          peer.write('250 taken\r\n')
        } else if (line === 'DATA') {
          data = true
          peer.write('354 go on\r\n')
        } else if (line === 'QUIT') peer.end('221 bye\r\n')
        else peer.write(server.refuses && line.startsWith('RCPT') ? '550 no such mailbox\r\n' : '250 ok\r\n')
      }
    })
    peer.on('error', () => undefined)
  })
  await new Promise(done => server.net.listen(0, '127.0.0.1', done))
  server.port = server.net.address().port
  return server
}

/** What was asked for of channels, approved by the other one, and the list as it is then. */
async function decided(page, status) {
  await waits(page)
  assert.deepEqual(await approve(), [status])
  await page.reload()
  await page.click('#tab-channels')
}

test('one click: what is wrong, and what to do about it', async () => {
  const page = await as('administrator', { path: '/check' })
  await page.click('[data-act="check"]')
  await page.waitForSelector('[data-report="failed"][data-full="true"]')
  const disk = page.locator('[data-check="disk.space"]')
  assert.equal(await disk.getAttribute('data-check-state'), 'failed')
  assert.match(await disk.innerText(), /数据磁盘剩余空间[^]*怎么办[^]*扩大磁盘/)
  assert.match(await page.locator('[data-check="clock.state"]').innerText(), /时间不可信/)
  await page.locator('[data-check="clock.source"]').waitFor()
  assert.equal(await page.locator('[data-check="keys.master"]').count(), 0) // it is well
  await shotBoth(page, 'check')
  await page.click('[data-act="all"]')
  assert.equal(await page.locator('[data-check="keys.master"]').getAttribute('data-check-state'), 'ok')
  await shot(page, 'check-all')
})

test('monitoring: charts of what was measured, in another range', async () => {
  const page = await as('auditor', { path: '/monitoring' })
  await page.waitForSelector('[data-graph="cpu"] canvas')
  for (const name of ['memory', 'disk', 'answers', 'latency', 'work', 'queues']) await page.waitForSelector(`[data-graph="${name}"]`)
  assert.match(await page.innerText('[data-node]'), /node-a/)
  await shotBoth(page, 'monitoring')
  const asked = page.waitForRequest(request => request.url().includes('/v1/system/history') && new URL(request.url()).searchParams.get('from') < new Date(Date.now() - 29 * 86_400_000).toISOString())
  await page.click('[data-range="month"]')
  await asked
  await page.waitForSelector('[data-graph="cpu"] canvas')
})

test('alarms: seen, taken in hand; mail that is refused and then taken', async () => {
  const mail = await mailServer()
  const page = await as('administrator', { path: '/alarms' })
  await page.waitForSelector('[data-alarm="disk.space"]')
  await page.waitForSelector('[data-alarm="clock.state"]')
  await shotBoth(page, 'alarms')
  const row = page.locator('tr', { has: page.locator('[data-alarm="disk.space"]') })
  await row.locator('[data-act="acknowledge"]').click()
  await row.locator('[data-state="acknowledged"]').waitFor()

  await page.click('#tab-channels')
  await page.click('[data-act="add-channel"]')
  await page.waitForSelector('[data-dialog="channel"] [name="name"]')
  await page.fill('[name="name"]', '信息科值班')
  await page.fill('[name="host"]', '127.0.0.1')
  await page.fill('[data-dialog="channel"] .el-input-number input', String(mail.port))
  await page.fill('[name="sender"]', 'yiqian') // not an address
  await page.fill('[name="recipients"]', 'duty@hospital.example\nit@hospital.example')
  await page.click('[data-act="save"]')
  await page.waitForSelector('[data-dialog="channel"] .el-form-item__error')
  await shot(page, 'channel-refused')
  await page.fill('[name="sender"]', 'yiqian@hospital.example')
  await page.click('[data-dialog="channel"] [data-field="security"]')
  await page.click('.el-select-dropdown__item:has-text("不加密")')
  mail.refuses = true
  await page.click('[data-act="save"]')
  await decided(page, 201)
  await page.waitForSelector('[data-channel="信息科值班"]')
  await page.click('[data-act="test"]')
  await page.waitForSelector('[data-test="failed"]')
  assert.match(await page.innerText('[data-test="failed"]'), /550/)
  mail.refuses = false
  await page.click('[data-act="test"]')
  await page.waitForSelector('[data-test="delivered"]')
  assert.match(mail.messages.at(-1), /Subject: =\?UTF-8\?B\?/)
  await shotBoth(page, 'channels')

  // Two of them edit one channel: the second is told.
  const [channel] = (await world.socket('GET', '/v1/alarm-channels')).items
  await page.click('[data-act="edit"]')
  await page.fill('[name="name"]', '甲改的')
  await world.socket('PATCH', `/v1/alarm-channels/${channel.channel}`, { name: '乙改的' })
  await page.click('[data-act="save"]')
  await page.waitForSelector('[data-conflict]')
  assert.match(await page.innerText('[data-conflict]'), /乙改的\s+甲改的/)
  await shotBoth(page, 'channel-conflict')
  await page.click('[data-act="theirs"]')
  await page.waitForFunction(() => document.querySelector('[data-dialog="channel"] [name="name"]')?.value === '乙改的')
  await page.keyboard.press('Escape')

  await page.click('[data-act="remove"]')
  await page.click('.el-dialog:has-text("删除通道") .el-button--danger')
  await decided(page, 204)
  await page.waitForSelector('[data-part="channels"] .empty')
  mail.net.close()
})

test('a webhook shows its secret once', async () => {
  const page = await as('administrator', { path: '/alarms' })
  await page.click('#tab-channels')
  await page.click('[data-act="add-channel"]')
  await page.click('[data-kind="webhook"]')
  await page.fill('[name="name"]', '运维平台')
  await page.fill('[name="url"]', 'http://127.0.0.1:9/alarms')
  await page.click('[data-act="save"]')
  await waits(page)
  // To the one who approves it.
  const boss = await as('second', { path: '/approvals' })
  await boss.click('[data-approval="alarm.channel_create"] [data-act="approve"]')
  await boss.click('[data-dialog="confirm"] [data-act="yes"]')
  await boss.waitForFunction(() => /"secret": "[\w-]{43}"/.test(document.body.innerText))
  await shot(boss, 'webhook-secret')
})

test('who may look may not change', async () => {
  const page = await as('auditor', { path: '/alarms' })
  await page.waitForSelector('[data-alarm="disk.space"]')
  assert.equal(await page.locator('[data-act="acknowledge"]').count(), 0)
  await page.click('#tab-channels')
  await page.waitForSelector('[data-part="channels"]')
  assert.equal(await page.locator('[data-act="add-channel"]').count(), 0)
})

test('audit log: searched, a row looked at, exported, verified', async () => {
  for (let i = 0; i < 60; i++) await world.socket('POST', '/v1/users', { staff_no: `S${1000 + i}`, name: '陈雨桐', departments: ['心内科'] })
  const page = await as('auditor', { path: '/audit' })
  await page.waitForSelector('[data-sequence]')
  await page.click('[data-act="more"]')
  await page.waitForFunction(() => document.querySelectorAll('[data-sequence]').length > 50)
  await page.click('[data-field="event"]')
  await page.fill('[data-field="event"] input', '新增人员')
  await page.click('.el-select-dropdown__item:has-text("user.create")')
  await page.waitForFunction(() => [...document.querySelectorAll('[data-event]')].every(one => one.getAttribute('data-event') === 'user.create'))
  await shotBoth(page, 'audit')
  await page.locator('[data-sequence]').first().click()
  await page.waitForSelector('[data-drawer="row"] dl')
  assert.match(await page.innerText('[data-drawer="row"]'), /staff_no=S1059/)
  await shot(page, 'audit-row')
  await page.click('[data-same="actor"]')
  await page.waitForFunction(() => document.querySelector('[name="actor"]').value.startsWith('operator:uid:'))
  await page.click('[data-act="export"]')
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('[data-act="csv"]')])
  assert.equal(file.suggestedFilename(), 'audit.csv')
  const lines = readFileSync(await file.path(), 'utf8').trim().split('\r\n')
  assert.ok(lines.length >= 61 && lines.slice(1).every(line => line.includes('"user.create"')))
  await page.click('[data-act="export"]')
  const [jsonl] = await Promise.all([page.waitForEvent('download'), page.click('[data-act="jsonl"]')])
  assert.equal(JSON.parse(readFileSync(await jsonl.path(), 'utf8').split('\n')[0]).format, 'yiqian-audit/1')
  await page.click('[data-act="verify"]')
  await page.waitForSelector('[data-finding="intact"]')
  assert.match(await page.innerText('[data-last]'), /核验到第 \d+ 行（\d{4}-/)
  await page.fill('[name="subject"]', 'user:nobody')
  await page.waitForSelector('.empty')
})

test('business log: what happened to tasks alone', async () => {
  await world.task('D1001')
  const page = await as('auditor', { path: '/business-log' })
  await page.waitForSelector('[data-part="rows"]')
  await page.waitForSelector('[data-event="task.create"]')
  const events = await page.locator('[data-event]').evaluateAll(all => all.map(one => one.getAttribute('data-event')))
  assert.ok(events.every(event => /^(task|callback|login|scan|authorisation)\./.test(event)), events.join())
  await shotBoth(page, 'business-log')
  await go(page, '/check')
  await page.waitForSelector('[data-page="check"]')
})
