// What every test of the pages begins and ends with. Pictures go to SHOTS where it is set.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before } from 'node:test'
import { overflow, World } from './world.mjs'

const shots = process.env.SHOTS
export let world
const pages = []

before(async () => {
  if (shots) mkdirSync(shots, { recursive: true })
  world = await World.open()
}, { timeout: 120000 })
afterEach(async () => {
  const wrong = pages.flatMap(page => page.wrong)
  await Promise.all(pages.splice(0).map(page => page.context().close()))
  assert.deepEqual(wrong, [], 'the browser complained, or asked outside')
})
after(() => world?.close())

/** A browser before the login. */
export async function open(width = 1366, height = 768, language) {
  const page = await world.page(width, height, language)
  pages.push(page)
  await page.goto(world.url)
  return page
}

/** A person who is logged in. */
export async function person(staff, width, height, language) {
  const page = await open(width, height, language)
  await world.signIn(page, staff)
  return page
}

export async function shot(page, name) {
  await page.waitForTimeout(400) // transitions
  assert.deepEqual(await overflow(page), [], `${name}: something overflows`)
  if (shots) await page.screenshot({ path: join(shots, `${name}.png`) })
}

/** Opens a record of the patient in that place of the list. */
export async function record(page, bed, title) {
  const link = page.locator('.beds .bed').nth(bed)
  await link.click()
  await page.waitForSelector(`.banner strong:text-is("${await link.locator('strong').innerText()}")`)
  await page.click(`.list .row:has-text("${title}")`)
  await page.waitForSelector(`.list .row.on:has-text("${title}")`)
}
