// What every test of the console begins and ends with. Pictures go to SHOTS where it is set.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before } from 'node:test'
import { overflow, World } from './world.mjs'

const shots = process.env.SHOTS
const SIZES = [[1366, 768], [1920, 1080]]
export let world
const contexts = [], pages = []

/** Call it once, at the top of a test file. Its options are World.open's. */
export function stage(options) {
  before(async () => {
    if (shots) mkdirSync(shots, { recursive: true })
    world = await World.open(options)
  }, { timeout: 120000 })
  afterEach(async () => {
    // Where a test stopped.
    if (shots) await Promise.all(pages.map((page, i) => page.screenshot({ path: join(shots, `end-${i}.png`) }).catch(() => undefined)))
    const wrong = pages.splice(0).flatMap(page => page.wrong)
    await Promise.all(contexts.splice(0).map(context => context.close()))
    world?.mend()
    assert.deepEqual(wrong, [], 'the browser complained, or something was asked outside')
  })
  after(() => world?.close())
}

/** A browser that nobody is logged in to, and its page. */
export async function open({ path = '/', ...options } = {}) {
  const context = await world.browserOf(options)
  contexts.push(context)
  return another(context, path)
}
/** A further page of the same browser. */
export async function another(context, path = '/') {
  const page = await world.console(context, path)
  pages.push(page)
  return page
}
/** Logs this page's browser in as one of OPERATORS, by a one-time link, and goes to the path. */
export async function login(page, who, path = '/') {
  await page.waitForSelector('[data-page]') // a change of the hash before the router listens is nobody's
  await page.goto(`${world.url}/console/#${await world.link(who)}`)
  await page.waitForSelector('[data-page="home"]')
  if (path !== '/') await go(page, path)
  return page
}
/** Both: a page of that operator. */
export const as = async (who, { path = '/', ...options } = {}) => login(await open({ path: '/login', ...options }), who, path)

/** A page of the console, by its path. */
export async function go(page, path) {
  await page.evaluate(path => { location.hash = path }, path)
}

/** A picture at both sizes, on which nothing may overflow. full: also what scrolls below. */
export async function shot(page, name) {
  const before = page.viewportSize()
  for (const [width, height] of SIZES) {
    await page.setViewportSize({ width, height })
    await page.waitForTimeout(400) // transitions
    if (shots) await page.screenshot({ path: join(shots, `${name}-${width}.png`) })
    assert.deepEqual(await overflow(page), [], `${name} at ${width}: something overflows`)
  }
  await page.setViewportSize(before)
}
/** The same in English, and back. */
export async function shotBoth(page, name) {
  await shot(page, `${name}-zh`)
  await page.dispatchEvent('[data-act="language"]', 'click') // also under a dialog
  await shot(page, `${name}-en`)
  await page.dispatchEvent('[data-act="language"]', 'click')
}
/** What a notification of failure says; closes it. */
export async function failure(page) {
  const box = page.locator('.el-notification.told').last()
  await box.waitFor()
  const said = await box.innerText()
  await box.locator('.el-notification__closeBtn').click()
  await box.waitFor({ state: 'detached' })
  return said
}
/** What this page asked for waits for another person. */
export async function waits(page) {
  await page.waitForFunction(() => document.body.innerText.includes('等待另一位同事批准'))
}
/** What waits, approved by another administrator: what became of each. */
export async function approve(who = 'second') {
  const page = await as(who)
  return page.evaluate(async () => {
    const { csrf } = await (await fetch('/v1/console/session')).json()
    const { items } = await (await fetch('/v1/approvals?state=pending')).json()
    const became = []
    for (const one of items) {
      const answer = await fetch(`/v1/approvals/${one.approval}/approve`, { method: 'POST', headers: { 'x-csrf-token': csrf } })
      became.push((await answer.json()).status)
    }
    return became
  })
}
/** Keeps the last JSON that the page got from where `path` matches, in .last. */
export function watch(page, path) {
  const seen = { last: null }
  page.on('response', async answer => {
    if (path.test(answer.url()) && answer.ok()) seen.last = { ...seen.last, ...await answer.json().catch(() => ({})) }
  })
  return seen
}
