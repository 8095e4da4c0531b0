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
/** Pages of operators who are logged in, each in a browser of its own, for the tests that follow: a new one costs as much as a small test. */
const known = new Map()

/** Call it once, at the top of a test file. Its options are World.open's. */
export function stage(options) {
  before(async () => {
    if (shots) mkdirSync(shots, { recursive: true })
    world = await World.open(options)
  }, { timeout: 120000 })
  afterEach(async () => {
    // Where a test stopped.
    if (shots) await Promise.all(pages.map((page, i) => page.screenshot({ path: join(shots, `end-${i}.png`) }).catch(() => undefined)))
    const wrong = pages.flatMap(page => page.wrong)
    const kept = new Set(known.values())
    await Promise.all(pages.splice(0).filter(page => !kept.has(page)).map(page => page.close()))
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
/** A page of that operator: one that earlier tests had, as good as new. fresh: in a browser of its own, for a test about sessions. */
export async function as(who, { path = '/', fresh = false, ...options } = {}) {
  const name = JSON.stringify([who, options])
  const page = fresh ? null : known.get(name)
  if (page && pages.includes(page)) return another(page.context(), path) // a second one in this test
  if (page && await anew(page)) {
    pages.push(page)
    await go(page, path)
    return page
  }
  const made = await open({ path: '/login', ...options })
  if (!fresh) {
    if (page) contexts.push(page.context())
    known.set(name, made)
    contexts.splice(contexts.indexOf(made.context()), 1)
  }
  return login(made, who, path)
}
/** Takes away what a test left on the page, and shows none of the console's; false where nobody is logged in any more. */
async function anew(page) {
  page.wrong.length = 0
  const clean = await page.evaluate(async () => {
    if (!(await fetch('/v1/console/session')).ok) return null
    const language = localStorage.getItem('console.language')
    localStorage.clear()
    const left = [...document.querySelectorAll('.el-overlay, .el-notification, .el-message, .el-popper')].some(one => one.getClientRects().length)
    location.hash = '#/nowhere'
    return !left && document.documentElement.lang.slice(0, 2) === language.slice(0, 2) && !document.querySelector('.frame.narrow')
  }).catch(() => null)
  if (clean === null) return false
  const there = clean && await page.waitForSelector('[data-page="nowhere"]', { timeout: 2000 }).catch(() => null) // else it asks whether it may be left
  if (!there) await page.reload()
  await page.waitForSelector('[data-page="nowhere"]')
  return true
}

/** A page of the console, by its path. */
export async function go(page, path) {
  await page.evaluate(path => { location.hash = path }, path)
}

/** A picture at both sizes, on which nothing may overflow. full: also what scrolls below. */
export async function shot(page, name) {
  const before = page.viewportSize()
  for (const [width, height] of SIZES) {
    await page.setViewportSize({ width, height })
    await page.evaluate(async () => { // transitions, and what they begin
      do await new Promise(done => requestAnimationFrame(() => setTimeout(done, 20))); while (document.getAnimations().some(one => one.effect?.getComputedTiming().endTime < 5000))
    })
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
