// What every test of the app begins and ends with, and what its persons do most. Pictures go to SHOTS where it is set.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before } from 'node:test'
import { overflow, PIN, World } from './world.mjs'

const shots = process.env.SHOTS
export let world
const contexts = [], pages = []

before(async () => {
  if (shots) mkdirSync(shots, { recursive: true })
  world = await World.open()
}, { timeout: 120000 })
afterEach(async () => {
  // Where a test stopped.
  if (shots) await Promise.all(pages.map((page, i) => page.screenshot({ path: join(shots, `end-${i}.png`) }).catch(() => undefined)))
  const wrong = pages.splice(0).flatMap(page => page.wrong)
  await Promise.all(contexts.splice(0).map(context => context.close()))
  world?.mend()
  assert.deepEqual(wrong, [], 'the browser complained, or asked outside')
})
after(() => world?.close())

/** A phone that nobody has used yet. */
export async function phone(options) {
  const context = await world.phone(options)
  contexts.push(context)
  return context
}
/** The app on it. */
export async function open(context, path) {
  const page = await world.page(context, path)
  pages.push(page)
  return page
}
/** The person's own phone: enrolled, at the list of tasks. */
export async function person(staff, { finger = false, path, ...options } = {}) {
  const page = await open(await phone(options))
  await enrol(page, staff, { finger })
  if (path) await page.goto(`${world.url}/app/#${path}`)
  return page
}

/** The PIN: the first key by touch, which waits for the pad; the rest by keyboard, which costs a tenth. */
export async function enter(page, pin = PIN) {
  await page.locator('.pad .digit', { hasText: new RegExp(`^${pin[0]}$`) }).click()
  await page.keyboard.type(pin.slice(1))
  await page.click('.pad [data-act="ok"]')
}
/** The new PIN twice. */
export async function choosePin(page, pin = PIN) {
  await page.waitForSelector('[data-pin="first"]')
  await enter(page, pin)
  await page.waitForSelector('[data-pin="again"]')
  await enter(page, pin)
}
/** From the first screen, or that of the identities, to the list of tasks, by activation code. */
export async function enrol(page, staff, { finger = false, pin = PIN } = {}) {
  await page.waitForSelector('[data-page="welcome"], [data-page="identities"]')
  if (await page.isVisible('[data-page="identities"]')) await page.click('[data-act="add"]')
  await page.click('[data-act="code"]')
  await page.fill('[name="staff-no"]', staff)
  await page.fill('[name="activation-code"]', world.activate(staff))
  await page.click('[data-act="next"]')
  await choosePin(page, pin)
  await page.waitForSelector('[data-person]')
  await page.click('[data-act="is-me"]')
  await page.waitForSelector('[data-step="finger"], [data-step="done"]')
  if (await page.isVisible('[data-step="finger"]')) await page.click(`[data-act="${finger ? 'finger-on' : 'finger-later'}"]`)
  await page.waitForSelector('[data-step="done"]')
  await page.click('[data-act="start"]')
  await page.waitForSelector('[data-tab="tasks"].on')
}

export async function shot(page, name) {
  await page.evaluate(async () => { // transitions, and what they begin
    do await new Promise(done => requestAnimationFrame(() => setTimeout(done, 20))); while (document.getAnimations().some(one => one.effect?.getComputedTiming().endTime < 5000))
  })
  if (shots) await page.screenshot({ path: join(shots, `${name}.png`) })
  assert.deepEqual(await overflow(page), [], `${name}: something overflows, or is too small`)
}
/** A page of the frame, by its address. */
export async function go(page, path) {
  await page.evaluate(path => { location.hash = path }, path)
}
/** What the sheet of failures says; closes it. */
export async function failure(page, code) {
  const sheet = page.locator(`[data-failure="${code}"]`)
  await sheet.waitFor()
  const said = await sheet.innerText()
  await sheet.locator('[data-act="dismiss"]').click()
  await sheet.waitFor({ state: 'detached' })
  return said
}
