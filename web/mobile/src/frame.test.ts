import type { Key } from '@yiqian/device'
import { readFileSync } from 'node:fs'
import { describe, expect, test, vi } from 'vitest'

vi.stubGlobal('localStorage', { getItem: () => null, setItem() {}, removeItem() {} })
vi.mock('@yiqian/device', () => ({ openDevice: vi.fn() }))
vi.mock('vant', () => ({ Locale: { use() {} } }))
vi.mock('vant/es/locale/lang/en-US', () => ({ default: {} }))
vi.mock('vant/es/locale/lang/zh-CN', () => ({ default: {} }))
vi.mock('./device', () => ({ reload: async () => {}, opened: async () => {}, store: { current: null, keys: [] } }))

const { activationCode } = await import('./activation')
const { outcome } = await import('./auth')
const { lacking } = await import('./browser')
const { cause, ended, explain } = await import('./failure')
const { has } = await import('./i18n')
const { daysLeft, keyNotice, spent } = await import('./identity')
const { same, wipe } = await import('./parts/pin')
const { shuffled } = await import('./parts/shuffled')
const { phoneName } = await import('./phone')
const { readPrefs, standard } = await import('./prefs')
const { detour } = await import('./detour')
const { asServer, measureSkew, serverAddress, skewed } = await import('./server')

const failure = (status: string, problem: object | null = null) => ({ status, problem: problem && { httpStatus: 403, code: '', title: '', titleEn: '', hint: '', hintEn: '', detail: '', field: '', triesLeft: null, retryAfter: null, ...problem } })

describe('a server', () => {
  test.each([
    ['sign.hospital.example', 'https://sign.hospital.example'], [' https://sign.hospital.example:8443/app/ ', 'https://sign.hospital.example:8443'], ['sign。hospital．example：8443', 'https://sign.hospital.example:8443'],
    ['http://localhost:8970', 'http://localhost:8970'], ['http://[::1]:8970/', 'http://[::1]:8970'], ['HTTPS://SIGN.example', 'https://sign.example'],
  ])('%s is %s', (typed, address) => expect(serverAddress(typed)).toBe(address))
  test.each(['', ' ', 'http://sign.hospital.example', 'ftp://x', 'javascript:alert(1)', 'https://u:p@x.example', 'https://x.example/?a=1', 'https://x.example/#a', 'https://x.example/other', 'a b', `https://${'x'.repeat(63)}.${'y'.repeat(63)}.${'z'.repeat(63)}.${'w'.repeat(63)}.example`])('%s is none', typed => expect(serverAddress(typed)).toBe(''))
  test('what it says of itself is looked at before anything of it is shown', () => {
    const said = { name: '示例医院', version: '0.1.0', time: '2026-03-01T08:30:00.000Z', api: 1, public_url: 'https://x' }
    expect(asServer(said).name).toBe('示例医院')
    for (const change of [{ name: 1 }, { api: 2 }, { api: '1' }, { time: 'soon' }, { version: null }]) expect(() => asServer({ ...said, ...change })).toThrow()
    for (const nothing of [null, undefined, 'text', 3, []]) expect(() => asServer(nothing)).toThrow()
  })
  test('the clock is compared with the middle of the exchange', () => {
    const at = Date.parse('2026-03-01T08:30:00Z')
    expect(measureSkew('2026-03-01T08:30:00Z', at - 2000, at + 2000)).toBe(0)
    expect(measureSkew('2026-03-01T08:30:00Z', at + 299_000, at + 301_000)).toBe(300)
    expect([null, 0, 119, -119].map(skewed)).toEqual([false, false, false, false])
    expect([120, -120].map(skewed)).toEqual([true, true])
  })
})

test('activation codes as they are typed', () => {
  expect(activationCode(' 7kqf-3m9x 2twb ')).toBe('7KQF3M9X2TWB')
  expect(activationCode('７ＫＱＦ－３Ｍ９Ｘ－２ＴＷＢ')).toBe('7KQF3M9X2TWB')
  for (const none of ['', 'short', '7KQF-3M9X-2TW验', 'A'.repeat(65)]) expect(activationCode(none)).toBe('')
})

describe('what stands in the way of a key', () => {
  const now = Date.parse('2026-06-01T00:00:00Z')
  const key: Key = { key: 'k', keyId: 'id', stage: 'enrolled', server: '', staffNo: 'D1', name: '', organisation: '', state: 'active', triesLeft: 5, serial: '', certificateState: 'active', notBefore: '2026-01-01T00:00:00Z', notAfter: '2026-07-01T00:00:00Z', renewalDue: false, replaces: '', pinChanging: false, fingerprint: false, fingerprintAllowed: true }
  test.each<[Partial<Key>, string | undefined]>([
    [{}, undefined], [{ renewalDue: true }, 'renewal'], [{ renewalDue: true, pinChanging: true }, 'pin_changing'], [{ state: 'locked', renewalDue: true }, 'locked'], [{ state: 'frozen' }, 'frozen'],
    [{ certificateState: 'frozen' }, 'certificate_frozen'], [{ certificateState: 'revoked', state: 'destroyed' }, 'revoked'], [{ state: 'destroyed' }, 'destroyed'], [{ certificateState: 'superseded', state: 'destroyed' }, 'superseded'],
    [{ certificateState: 'expired' }, 'expired'], [{ notAfter: '2026-06-01T00:00:00Z' }, 'expired'], [{ stage: 'damaged' }, 'damaged'], [{ stage: 'unfinished' }, 'unfinished'], [{ stage: 'opening' }, 'unfinished'],
  ])('%o: %s', (change, name) => expect(keyNotice({ ...key, ...change }, now)?.name).toBe(name))
  test('days and the part that is over', () => {
    expect(daysLeft('2026-06-02T00:00:00Z', now)).toBe(1)
    expect(daysLeft('2026-05-31T23:59:59Z', now)).toBe(-1)
    expect(spent('2026-05-01T00:00:00Z', '2026-07-02T00:00:00Z', now)).toBe(0.5)
    expect([spent('2027-01-01', '2028-01-01', now), spent('2020-01-01', '2021-01-01', now), spent('', '', now)]).toEqual([0, 1, 1])
  })
})

describe('failures', () => {
  // Statuses of the SDK, by its own list; these are shown otherwise: by the server's words, or by a page of their own.
  const otherwise = ['refused', 'closed', 'in_use']
  const statuses = [...(/export type Status =([^]*?)\n\n/.exec(readFileSync(new URL('../../../sdk/js/src/types.ts', import.meta.url), 'utf8'))?.[1] ?? '').matchAll(/'(\w+)'/g)].map(found => found[1] ?? '')
  test('each that a person can meet says what it is and what to do', () => {
    expect(statuses.length).toBeGreaterThan(30)
    expect(statuses.filter(status => !otherwise.includes(status) && cause(failure(status), name => has(`fail.${name}.title`)) === 'unexpected')).toEqual([])
    expect(statuses.filter(status => !otherwise.includes(status) && !['cancelled', 'declined'].includes(status) && !explain(failure(status)).hint)).toEqual([])
  })
  const known = (name: string) => ['key_locked', 'pin_wrong', 'certificate_expired', 'transport_failed'].includes(name)
  test('our text where there is one, else the server’s, else that it was unexpected', () => {
    expect(cause(failure('refused', { code: 'certificate_expired' }), known)).toBe('certificate_expired')
    expect(cause(failure('refused', { code: 'new_code', title: '新' }), known)).toBe('')
    expect(cause(failure('refused', {}), known)).toBe('bad_answer')
    expect(cause(failure('transport_failed'), known)).toBe('transport_failed')
    expect(cause(failure('pin_wrong', { code: 'pin_wrong', triesLeft: 3 }), known)).toBe('pin_wrong')
    expect(cause(failure('pin_wrong', { code: 'pin_wrong', triesLeft: 0 }), known)).toBe('key_locked')
    expect(cause(new TypeError('x'), known)).toBe('unexpected')
    expect(cause(null, known)).toBe('unexpected')
  })
  test('every status and code that we know has a title, in both languages, and what it asks for', async () => {
    const zh = (await import('./locales/zh-CN/shell')).default.fail as Record<string, { title: string; hint: string }>
    const en = (await import('./locales/en/shell')).default.fail as Record<string, { title: string; hint: string }>
    expect(Object.keys(en)).toEqual(Object.keys(zh))
    for (const text of [...Object.values(zh), ...Object.values(en)]) expect(text.title).not.toBe('')
    expect(explain(failure('key_locked')).action).toBe('unlock')
    expect(explain(failure('refused', { code: 'certificate_revoked' })).action).toBe('enrol')
    expect(explain(failure('refused', { code: 'signing_time_skew', detail: '08:30' })).hint).toContain('08:30')
    expect(explain(failure('pin_wrong', { code: 'pin_wrong', triesLeft: 3 })).hint).toContain('3')
    for (const untold of [failure('pin_wrong'), failure('pin_wrong', { code: 'pin_wrong' }), failure('refused', { code: 'activation_refused' })]) expect(explain(untold).hint).not.toMatch(/\d|还可再试/)
    expect(explain(failure('refused', { code: 'new', title: '新的', hint: '稍后', detail: '细节', httpStatus: 503 }))).toEqual({ title: '新的', hint: '细节。稍后', action: 'retry' })
  })
  test('what ends the act, what asks for the PIN once more, and what is the caller’s', () => {
    for (const over of [failure('key_locked'), failure('refused', { code: 'user_suspended' }), failure('refused', { code: 'certificate_frozen' })]) expect(ended(over)).toBe(true)
    for (const not of [failure('transport_failed'), failure('refused', { code: 'task_signed' }), new Error('x'), undefined]) expect(ended(not)).toBe(false)
    expect(outcome(failure('pin_wrong', { triesLeft: 4 }))).toEqual({ kind: 'pin_wrong', triesLeft: 4 })
    for (const why of ['fingerprint_off', 'fingerprint_failed', 'cancelled', 'weak_pin']) expect(outcome(failure(why))).toEqual({ kind: 'pin', why })
    expect(outcome(failure('refused', { code: 'fingerprint_forbidden' }))).toEqual({ kind: 'pin', why: 'fingerprint_forbidden' })
    for (const error of [failure('transport_failed'), failure('refused', { code: 'task_signed' })]) expect(outcome(error)).toBeNull()
  })
})

test('who may open which page', () => {
  const enrolled = { stage: 'enrolled' as const }, open = { stage: 'unfinished' as const }
  expect(detour({ meta: {}, name: 'Tasks' }, { keys: [], current: null })).toBe('/welcome')
  expect(detour({ meta: {}, name: 'Tasks' }, { keys: [open], current: null })).toBe('/welcome')
  expect(detour({ meta: {}, name: 'History' }, { keys: [enrolled], current: null })).toBe('/identities')
  expect(detour({ meta: {}, name: 'History' }, { keys: [enrolled], current: enrolled })).toBeNull()
  expect(detour({ meta: { free: true }, name: 'Settings' }, { keys: [], current: null })).toBeNull()
  expect(detour({ meta: { free: true }, name: 'Welcome' }, { keys: [enrolled], current: enrolled })).toBe('/')
})

test('what was kept is taken as far as it can have been ours', () => {
  expect(readPrefs(null)).toEqual(standard)
  for (const text of ['', '{', 'null', '[]', '3', '{"text":"enormous","theme":1,"contrast":"yes","shuffle":1}']) expect(readPrefs(text)).toEqual(standard)
  expect(readPrefs('{"text":"huge","theme":"dark","contrast":true,"shuffle":true}')).toEqual({ text: 'huge', theme: 'dark', contrast: true, shuffle: true })
})

test('the keys’ places: each once, none more likely', () => {
  expect([...shuffled(10)].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  const first = new Array<number>(4).fill(0)
  for (let i = 0; i < 8000; i++) first[shuffled(4)[0]!]!++
  for (const n of first) expect(Math.abs(n - 2000)).toBeLessThan(250)
  const drawn = [255, 254, 1, 0] // 255 is beyond the last whole multiple of three, and drawn anew
  expect([...shuffled(3, () => drawn.shift() ?? 0)].sort()).toEqual([0, 1, 2])
  expect(drawn.length).toBe(1)
})

test('PINs are compared and wiped as bytes', () => {
  const pin = Uint8Array.of(50, 55, 52)
  expect(same(pin, Uint8Array.of(50, 55, 52))).toBe(true)
  expect(same(pin, Uint8Array.of(50, 55, 53))).toBe(false)
  expect(same(pin, Uint8Array.of(50, 55))).toBe(false)
  wipe(pin, null, undefined)
  expect([...pin]).toEqual([0, 0, 0])
})

test('what a browser lacks', () => {
  const whole = { WebAssembly: {}, Worker: {}, indexedDB: {}, crypto: { subtle: {} }, navigator: { locks: {} }, isSecureContext: true }
  expect(lacking(whole)).toBe('')
  expect(lacking({ ...whole, isSecureContext: false, crypto: {} })).toBe('insecure')
  for (const name of ['WebAssembly', 'Worker'] as const) expect(lacking({ ...whole, [name]: undefined })).toBe('old')
  expect(lacking({ ...whole, crypto: {} })).toBe('old')
  expect(lacking({ ...whole, navigator: {} })).toBe('old')
})

test('what a phone is called', () => {
  expect(phoneName('Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UQ1A) AppleWebKit/537.36')).toBe('Pixel 8')
  expect(phoneName('Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/120 Mobile')).toBe('Android')
  expect(phoneName('Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)')).toBe('iPhone')
  expect(phoneName('')).toBe('Web')
})
