// The module in node, against the real server: what the page calls, over the channel that a Worker has.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Disk, openDevice, openWorkstation, readQr, refused } from './memory.mjs'
import { pin, World } from './world.mjs'

let world
let people = 1000
/** Of a change of the PIN: the new share beside the old one, and in its place. */
const CHANGE_SAVES = 2

before(async () => { world = await World.open() })
after(() => world.close())

/** A person of his own, with an open activation code. */
async function person() {
  const staffNo = `D${++people}`
  await world.do('user', { staff: staffNo })
  return { staffNo, activationCode: await world.do('code', { staff: staffNo }), deviceName: 'node' }
}

async function enrolled(options) {
  const device = await openDevice(options)
  await device.setServer(`${world.server}/`)
  const who = await person()
  const key = await device.enrol({ ...who, pin: pin() })
  return { device, key: key.key, staff: who.staffNo }
}

/** A request that was killed is open at the server for a moment. */
async function unlessBusy(act) {
  for (let tries = 0; ; tries++) {
    try {
      return await act()
    } catch (error) {
      if (error.problem?.code !== 'key_busy' || tries === 40) throw error
      await new Promise(done => setTimeout(done, 1000 * error.problem.retryAfter))
    }
  }
}

/** A task of the person's, pulled and signed. */
async function signs(device, key, staff, proof = { pin: pin() }) {
  const document = `病程记录：${Math.random()}，患者一般情况可`
  const id = await world.do('task', { staff, document })
  const { tasks } = await device.pull(key)
  const signed = await device.sign(key, [{ task: tasks.find(({ task }) => task === id) }], proof)
  assert.equal(signed.results[0].status, 'ok')
  assert.equal(await world.do('verify', { task: id, document }), true)
  return signed
}

test('one person, from the enrolment to the removal', async () => {
  const device = await openDevice()
  assert.equal(await device.server(), '')
  assert.equal(await refused(() => device.setServer('http://example.com')), 'transport_insecure')
  await device.setServer(`${world.server}/`)
  assert.equal(await device.server(), world.server)
  const who = await person()
  assert.equal(await refused(() => device.enrol({ ...who, pin: pin('123456') })), 'weak_pin')
  assert.equal(await refused(() => device.enrol({ ...who, pin: pin(), confirm: async () => false })), 'declined')
  assert.deepEqual(await device.keys(), [])
  let shown
  const given = pin()
  const key = await device.enrol({ ...who, activationCode: await world.do('code', { staff: who.staffNo }), pin: given, confirm: async found => { shown = found; return true } })
  assert.equal(given.byteLength, 0, 'the PIN was taken away')
  assert.deepEqual([shown.staffNo, shown.name, shown.supersedes], [who.staffNo, '王建国', []])
  assert.deepEqual([key.stage, key.state, key.fingerprint, key.fingerprintAllowed, key.triesLeft], ['enrolled', 'active', false, true, null])
  const [leaf, issuing, root] = await Promise.all([0, 1, 2].map(place => device.certificate(key.key, place)))
  assert.ok(leaf.length > 300 && issuing.length > 300 && root.length > 300)

  await signs(device, key.key, who.staffNo)
  const { tasks: [task] } = await world.do('task', { staff: who.staffNo, document: '长期医嘱', fields: [{ label: '患者', value: '林晓岚' }], priority: 'high' }).then(() => device.pull(key.key))
  assert.deepEqual([task.fields, task.priority, task.hasDocument, task.documentSize], [[{ label: '患者', value: '林晓岚' }], 'high', true, 12])
  const { content, digest } = await device.document(key.key, task)
  assert.deepEqual([new TextDecoder().decode(content), digest], ['长期医嘱', task.digest])
  const other = { ...task, digest: '00'.repeat(32) }
  assert.equal(await refused(() => device.sign(key.key, [{ task: other, document: content }], { pin: pin() })), 'document_changed')
  const own = await device.sign(key.key, [{ task, document: content }], { pin: pin() })
  assert.deepEqual([own.results[0].seen, own.results[0].rs.length, own.pinDue], [true, 128, false])

  const declined = await world.do('task', { staff: who.staffNo, document: '误开' })
  await device.decline(key.key, declined, '重复开具')
  assert.equal((await world.do('look', { task: declined })).state, 'declined')
  assert.deepEqual(await device.otherKeys(key.key), [])
  assert.equal(await refused(() => device.sign(key.key, [], { pin: pin() })), 'invalid_argument')
  assert.equal(await refused(() => device.pull('00000000-0000-4000-8000-000000000000')), 'not_found')
  await device.remove(key.key)
  assert.deepEqual(await device.keys(), [])
  assert.deepEqual([...device.disk.credentials.keys()], [])
  await device.close()
})

test('wrong PINs are counted, and lock; an unlocked key signs', async () => {
  const { device, key, staff } = await enrolled()
  await device.changePin(key, pin(), pin('583927'))
  assert.equal(await refused(() => device.refresh(key, pin())), 'pin_wrong')
  assert.equal((await signs(device, key, staff, { pin: pin('583927') })).failuresBefore, 1)
  for (let i = 0; i < 5; i++) assert.equal(await refused(() => device.refresh(key, pin('999000'))), 'pin_wrong')
  assert.equal(await refused(() => device.refresh(key, pin('999000'))), 'key_locked')
  assert.equal((await device.sync(key)).state, 'locked')
  await device.close()
})

test('a thousand and one documents are too many; fifty are one request', async () => {
  const { device, key, staff } = await enrolled()
  for (let i = 0; i < 50; i++) await world.do('task', { staff, document: `医嘱 ${i}` })
  const { tasks, next } = await device.pull(key, '', 20)
  assert.deepEqual([tasks.length, next], [20, tasks[19].task])
  const rest = await device.pull(key, next, 1000)
  assert.equal(rest.tasks.length, 30)
  const all = [...tasks, ...rest.tasks]
  const { results } = await device.sign(key, all.map(task => ({ task })), { pin: pin() })
  assert.equal(results.filter(({ status }) => status === 'ok').length, 50)
  assert.equal(await refused(() => device.sign(key, Array(1001).fill({ task: all[0] }), { pin: pin() })), 'invalid_argument')
  await device.close()
})

test('a call beside one that waits, and calls that wait for each other', async () => {
  const { device, key, staff } = await enrolled()
  const stop = new AbortController()
  let changes = 0
  const told = []
  const watching = device.watch(key, () => { changes++ }, { signal: stop.signal, offline: error => told.push(error?.status ?? null) })
  const until = async wanted => { for (let i = 0; changes < wanted; i++) { assert.ok(i < 500, `${changes} changes`); await new Promise(done => setTimeout(done, 20)) } }
  await until(1)
  await Promise.all([signs(device, key, staff), device.sync(key), device.keys(), device.certificate(key, 0)])
  await until(2)
  assert.equal((await device.pull(key)).tasks.length, 0)
  stop.abort()
  await watching
  assert.deepEqual(told, [])
  await device.close()
})

test('offline is told at once, and so is that it is over', async () => {
  let away = false
  const { device, key, staff } = await enrolled({ transport: async (request, exchange) => {
    if (away) throw new Error('no way')
    return exchange(request)
  } })
  const stop = new AbortController()
  const told = []
  let changes = 0
  const watching = device.watch(key, () => { changes++ }, { signal: stop.signal, offline: error => told.push(error?.status ?? null) })
  const until = async what => { for (let i = 0; !what(); i++) { assert.ok(i < 1500); await new Promise(done => setTimeout(done, 20)) } }
  await until(() => changes === 1)
  away = true
  await world.do('task', { staff, document: '通知' }) // ends the poll; the next finds nobody
  await until(() => told.length === 1)
  assert.equal(await refused(() => device.pull(key)), 'transport_failed')
  away = false
  await until(() => told.length === 2)
  assert.deepEqual(told, ['transport_failed', null])
  stop.abort()
  await watching
  await device.close()
})

test('a login that was scanned, and one whose code was typed', async () => {
  const { device, key, staff } = await enrolled()
  const wish = { purpose: '登录门诊系统', nonce: 'bm9uY2Utbm9uY2Utbm9uY2U' }
  const opened = await world.do('call', { method: 'POST', path: '/v1/logins', body: wish })
  const code = login => world.do('call', { method: 'GET', path: `/v1/logins/${login}/code` }).then(answer => answer.code)
  const first = await code(opened.login)
  assert.deepEqual(await readQr(first), { kind: 'login', id: opened.login, workstation: '', url: '' })
  const scanned = await device.scan(key, first)
  assert.deepEqual([scanned.kind, scanned.purpose, scanned.numberWanted], ['login', '登录门诊系统', false])
  const signed = await device.signLogin(key, scanned, { pin: pin() })
  assert.equal(signed.results[0].status, 'ok')
  const proven = await world.do('call', { method: 'GET', path: `/v1/logins/${opened.login}` })
  assert.deepEqual([proven.state, proven.person.staff_no], ['done', staff])
  assert.equal(await refused(() => device.scan(key, first)), 'refused: scan_refused')
  assert.equal(await refused(() => device.scan(key, 'https://example.com/')), 'invalid_argument')
  assert.equal(await refused(() => readQr('YIQIAN:1:L:')), 'code_invalid')

  const typed = await world.do('call', { method: 'POST', path: '/v1/logins', body: wish })
  const wanted = await device.scanShortCode(key, typed.short_code)
  assert.deepEqual([wanted.numberWanted, wanted.tasks], [true, []])
  assert.equal(await refused(() => device.signLogin(key, wanted, { pin: pin() })), 'invalid_argument')
  const { number } = await world.do('call', { method: 'GET', path: `/v1/logins/${typed.login}` })
  const entered = await device.scanNumber(key, wanted, number)
  assert.deepEqual([entered.numberWanted, entered.tasks.length], [false, 1])
  await device.declineScan(key, entered, '不是我')
  assert.equal((await world.do('call', { method: 'GET', path: `/v1/logins/${typed.login}` })).state, 'declined')
  await device.close()
})

test('a workstation signs within what a person allowed, until it is closed', async () => {
  const { device, key, staff } = await enrolled()
  const station = await openWorkstation()
  assert.equal(await station.describe(), null)
  const made = await world.do('operate', { method: 'POST', path: '/v1/workstations', body: { name: '三楼护士站', place: '呼吸内科三楼' } })
  await station.register(world.server, '三楼护士站', made.registration_code)
  assert.deepEqual(await station.describe(), { workstation: made.workstation, name: '三楼护士站', place: '呼吸内科三楼', server: world.server })
  const until = Math.floor(Date.now() / 1000) + 3600
  const authorisation = await station.offer({ systems: ['电子病历'], recordTypes: [], until, count: 5 })
  assert.equal((await authorisation.look()).state, 'offered')
  assert.equal(await refused(() => device.authorise(key, authorisation.code, async () => null)), 'declined')
  let asked
  const id = await device.authorise(key, authorisation.code, async offer => {
    asked = offer
    return { ...offer.scope, count: 2, proof: { pin: pin() } }
  })
  assert.deepEqual([asked.name, asked.place, asked.scope.count, asked.authorisation], ['三楼护士站', '呼吸内科三楼', 5, id])
  const active = await authorisation.wait(10)
  assert.deepEqual([active.state, active.staffNo, active.countLeft, active.scope.count], ['active', staff, 2, 2])
  const task = await world.do('task', { staff, document: '体温单' })
  const { tasks } = await authorisation.pull()
  const { content } = await authorisation.document(tasks[0])
  assert.equal(new TextDecoder().decode(content), '体温单')
  assert.equal((await authorisation.sign([{ task: tasks[0] }]))[0].status, 'ok')
  assert.equal(await world.do('verify', { task, document: '体温单' }), true)
  const [listed] = await device.authorisations(key)
  assert.deepEqual([listed.authorisation, listed.state, listed.countLeft], [id, 'active', 1])
  const waiting = authorisation.wait(20)
  await device.closeAuthorisation(key, id)
  assert.deepEqual([(await waiting).state, await refused(() => authorisation.pull())], ['closed', 'not_active'])
  await authorisation.free()
  assert.equal(await refused(() => authorisation.look()), 'closed')
  const second = await station.offer()
  const idle = refused(() => second.wait(20))
  await second.free()
  assert.notEqual(await idle, 'ok')
  await station.close()
  await device.close()
})

test('closing ends what is under way', async () => {
  const { device, key } = await enrolled()
  const waiting = refused(() => device.watch(key, () => {}, { signal: new AbortController().signal }))
  const asking = refused(() => device.renew(key, { pin: pin() }))
  await device.close()
  assert.deepEqual([await waiting, await asking, await refused(() => device.keys())], ['closed', 'closed', 'closed'])
})

test('the fingerprint of a shell: on, asked for with what is signed, said no to, off', async () => {
  const { device, key, staff } = await enrolled()
  await world.do('task', { staff, document: '待签' })
  const { tasks: [waiting] } = await device.pull(key)
  assert.equal(await refused(() => device.sign(key, [{ task: waiting }], { fingerprint: true })), 'fingerprint_off')
  assert.deepEqual(await device.fingerprint(), { available: true, reason: '' })
  assert.equal(await refused(() => device.enableFingerprint(key, pin('999000'))), 'pin_wrong')
  await device.enableFingerprint(key, pin())
  assert.equal((await device.keys())[0].fingerprint, true)
  await device.changePin(key, pin(), pin('583927')) // the new mask is wrapped in place of the old
  await signs(device, key, staff, { fingerprint: true })
  assert.equal(device.finger.asked.length, 1)
  const { entries: [entry] } = await device.history(key, '', 1)
  assert.deepEqual([entry.method, entry.kind, entry.title], ['fingerprint', 'document', '出院小结'])
  for (const [says, status] of [['cancelled', 'cancelled'], ['fingerprint_failed', 'fingerprint_failed'], ['fingerprint_off', 'fingerprint_off']]) {
    device.finger.says = says
    const { tasks } = await device.pull(key)
    assert.equal(await refused(() => device.sign(key, [{ task: tasks[0] }], { fingerprint: true })), status)
  }
  assert.equal((await device.keys())[0].fingerprint, false)
  const other = await person()
  await device.enableFingerprint(key, pin('583927'))
  await device.enrol({ ...other, pin: pin() })
  assert.deepEqual([await device.fingerprint(), (await device.keys()).map(({ fingerprint }) => fingerprint)], [{ available: false, reason: 'shared' }, [false, false]])
  assert.equal(device.finger.kept.size, 0)
  await device.close()
})

/** A Worker that is killed at the n-th save, before or after it is on the disk: the save never ends, and nothing else happens. */
function killedAt(n, when) {
  let saves = 0
  let killed
  const end = new Promise(done => { killed = done })
  const hook = async at => {
    if (at === 'before') saves++
    if (saves === n && at === when) {
      killed()
      await new Promise(() => {})
    }
  }
  return { hook, end, saves: () => saves }
}

/** Runs `act` on a device that is killed there, and gives a device over what is left on the disk. */
async function afterKill(disk, n, when, act) {
  const kill = killedAt(n, when)
  const dying = await openDevice({ disk, saves: kill.hook })
  await Promise.race([act(dying).then(() => assert.fail(`save ${n} did not come`)), kill.end])
  dying.service.engine.die()
  return openDevice({ disk })
}

/** Every place at which it can be killed, all at once: a killed request is open at the server for a minute. */
async function everywhere(whole, one) {
  const counting = killedAt(0, '')
  await whole(counting.hook)
  const cases = Array.from({ length: counting.saves() }, (_, i) => ['before', 'after'].map(when => one(i + 1, when)))
  await Promise.all(cases.flat())
  return counting.saves()
}

test('killed at any save of an enrolment, it is finished by what the SDK says', async () => {
  const saves = await everywhere(hook => enrolled({ saves: hook }).then(({ device }) => device.close()), async (n, when) => {
    const who = await person()
    const act = async device => {
      await device.setServer(world.server)
      await device.enrol({ ...who, pin: pin() })
    }
    const device = await afterKill(new Disk(), n, when, act)
    await device.setServer(world.server)
    const [found] = await device.keys()
    const finish = { opening: () => device.enrol({ ...who, pin: pin() }), unfinished: () => device.resumeEnrolment(found.key, pin()), enrolled: () => found }
    const key = await unlessBusy(found ? finish[found.stage] : finish.opening)
    assert.equal((await device.keys()).length, 1, `${n} ${when}`)
    await signs(device, key.key, who.staffNo)
    await device.close()
  })
  assert.ok(saves >= 6, `${saves} saves`)
})

test('killed at any save of a change of the PIN, the PIN is the one that the SDK says', async () => {
  const change = (device, key) => device.changePin(key, pin(), pin('583927'))
  const whole = async hook => {
    const first = await enrolled()
    await first.device.close()
    const device = await openDevice({ disk: first.device.disk, saves: hook })
    await change(device, first.key)
    await device.close()
  }
  const saves = await everywhere(whole, async (n, when) => {
    const first = await enrolled()
    await first.device.close()
    const device = await afterKill(first.device.disk, n, when, dying => change(dying, first.key))
    const [{ pinChanging }] = await device.keys()
    // From the first save on the PIN is the new one; the last one takes the flag down.
    assert.equal(pinChanging, when === 'after' ? n < CHANGE_SAVES : n > 1)
    const now = n > 1 || when === 'after' ? '583927' : '274915'
    await unlessBusy(() => signs(device, first.key, first.staff, { pin: pin(now) }))
    await device.close()
  })
  assert.equal(saves, CHANGE_SAVES)
})

test('a storage that refuses a save: nothing was answered as done, and the next call goes on', async () => {
  let full = false
  const { device, key, staff } = await enrolled({ saves: async at => { if (full && at === 'before') throw new Error('full') } })
  full = true
  assert.equal(await refused(() => device.changePin(key, pin(), pin('583927'))), 'storage_failed')
  assert.equal(await refused(() => device.setServer(world.server)), 'storage_failed')
  full = false
  await signs(device, key, staff)
  await device.close()
})
