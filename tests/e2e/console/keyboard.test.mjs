// The whole console by keyboard: each page of each role is entered from the menu by Enter, and gone through by Tab.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { go, login, open, stage, world } from './stage.mjs'

stage()

/** What a page is made of for whoever goes by keyboard. Put into it before it is loaded: which elements listen to clicks is known to nobody afterwards. */
function instruments() {
  const add = EventTarget.prototype.addEventListener
  EventTarget.prototype.addEventListener = function (type, ...rest) {
    if (type === 'click' && this instanceof Element) this.heard = true
    return add.call(this, type, ...rest)
  }
  const FOCUSABLE = 'a[href], button, input, select, textarea, summary, [tabindex]:not(main, .scrolls-x), [contenteditable="true"]'
  const seen = one => one.checkVisibility({ visibilityProperty: true }) && one.getClientRects().length > 0
  const named = one => `${one.tagName.toLowerCase()}${one.getAttribute('data-act') ? `[${one.getAttribute('data-act')}]` : ''}.${one.getAttribute('class') ?? ''} "${(one.getAttribute('aria-label') ?? one.textContent ?? '').trim().slice(0, 24)}"`
  /** What it looks like, with what is drawn around it: a field's frame is an ancestor's. */
  const look = one => {
    const parts = []
    for (let at = one, n = 0; at && at !== document.body && n < 4; at = at.parentElement, n++) {
      const { outlineStyle, outlineWidth, outlineColor, boxShadow, borderColor, backgroundColor } = getComputedStyle(at)
      parts.push(outlineStyle === 'none' ? '' : `${outlineWidth} ${outlineColor}`, boxShadow, borderColor, backgroundColor)
    }
    const mark = one.nextElementSibling && getComputedStyle(one.nextElementSibling) // a checkbox is drawn beside its input
    return [...parts, mark?.outlineStyle === 'none' ? '' : mark?.outlineWidth, mark?.boxShadow, mark?.borderColor].join('|')
  }
  // What fades in is painted for nobody here.
  const still = new CSSStyleSheet()
  still.replaceSync('*, *::before, *::after { transition: none !important; animation: none !important }')
  let before = null
  window.keyboard = {
    /** What a mouse can click and a key cannot reach. A row that is clicked as a whole has a link in it, a field's frame its field. */
    unreachable: () => [...document.querySelectorAll('body *')].filter(one => {
      if (!(one.heard || (getComputedStyle(one).cursor === 'pointer' && getComputedStyle(one.parentElement).cursor !== 'pointer')) || !seen(one)) return false
      if (one.closest(FOCUSABLE) || one.querySelector(FOCUSABLE) || (one.closest('label')?.control)) return false
      if (one.parentElement.querySelector(':scope > input')) return false // what is drawn beside a switch's
      // A table listens to clicks on its headings, which sort nothing here; a chart has its numbers below it.
      return !one.closest('th.el-table__cell, .chart, .el-input__suffix, .el-select__suffix, .el-overlay, .el-tag__close, .el-input-number__decrease, .el-input-number__increase')
    }).map(named),
    /** Of what has the focus: its name, where it is, whether the one before looks otherwise now that it lost it. */
    step: async () => {
      await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
      const one = document.activeElement, blind = before && before.one.isConnected && seen(before.one) && look(before.one) === before.look ? named(before.one) : ''
      const same = before?.one === one
      before = one && one !== document.body ? { one, look: look(one) } : null
      return { name: one ? named(one) : '', blind, same, inMain: !!one?.closest('main'), hidden: !!one && one !== document.body && !seen(one) && !one.matches('input') }
    },
    begin: () => {
      before = null
      if (!document.adoptedStyleSheets.includes(still)) document.adoptedStyleSheets.push(still)
      document.querySelector('main').focus()
    },
    controls: () => [...document.querySelectorAll('main :is(a[href], button:not(:disabled), input:not(:disabled), select, textarea, summary)')].filter(one => seen(one) && one.tabIndex >= 0).length,
  }
}

const FRAME = '.el-dialog, .el-drawer'
const settled = page => page.waitForFunction(() => [...document.querySelectorAll('.el-loading-mask')].every(one => !one.checkVisibility()))

/** Goes through the page by Tab, from its beginning until it is left; gives what is wrong. */
async function through(page, name) {
  const wrong = []
  const say = text => wrong.push(`${name}: ${text}`)
  for (const one of await page.evaluate(() => window.keyboard.unreachable())) say(`no key reaches ${one}`)
  const controls = await page.evaluate(() => window.keyboard.controls())
  await page.evaluate(() => window.keyboard.begin())
  for (let n = 0; n < 300; n++) {
    await page.keyboard.press('Tab')
    const step = await page.evaluate(() => window.keyboard.step())
    if (step.blind) say(`nothing shows the focus on ${step.blind}`)
    if (step.same) say(`Tab stays on ${step.name}`)
    if (step.hidden) say(`the focus is on what nobody sees: ${step.name}`)
    if (n === 0 && controls && !step.inMain) say('Tab leads past the page')
    if (!step.inMain || step.same) return wrong
  }
  say('Tab never leaves the page')
  return wrong
}

/** Opens a dialog or drawer by this key on what opens it, goes round in it, and closes it. */
async function round(page, name, act, key) {
  const opener = page.locator(`main [data-act="${act}"]:not([disabled])`).locator('visible=true').first() // a table keeps hidden ones
  await opener.focus()
  await page.keyboard.press(key)
  await page.waitForFunction(frame => !!document.activeElement?.closest(frame), FRAME)
  const inside = await page.locator(FRAME).locator('visible=true').locator('a[href], button, input, select, textarea').count()
  for (let n = 0; n < inside + 2; n++) {
    await page.keyboard.press('Tab')
    assert.ok(await page.evaluate(frame => !!document.activeElement?.closest(frame), FRAME), `${name} ${act}: Tab leaves the dialog`)
  }
  const choices = page.locator(FRAME).locator('.el-select__input').locator('visible=true').first()
  if (await choices.count()) await choices.focus() // which would keep Escape to itself
  await page.keyboard.press('Escape')
  await page.waitForFunction(act => document.activeElement?.matches(`main [data-act="${act}"]`), act, { timeout: 10000 }).catch(async () => assert.fail(`${name} ${act}: the focus went to ${await page.evaluate(() => document.activeElement.outerHTML.slice(0, 120))}`))
  await page.locator(FRAME).locator('visible=true').first().waitFor({ state: 'detached' })
}

/** By page, what opens a dialog there. */
const DIALOGS = {
  administrator: { operators: ['add'], roles: ['add'], backup: ['schedule', 'make'], tsaUnits: ['add', 'retire'], tsaRoots: ['add'], tsaAccess: ['allow'], push: ['addEndpoint'] },
  operator: { users: ['add', 'suspend'], departments: ['rename'] },
  auditor: {},
}
/** Pages below those of the menu, and what opens a dialog there. */
const BELOW = {
  administrator: ({ second }) => [[`/operators/${second}`, ['role', 'suspend']], ['/account', ['new-file']], ['/profiles/personal', ['retire']], ['/profiles-new', []]],
  operator: ({ user, system }) => [[`/users/${user}`, ['activate', 'edit', 'seal']], [`/systems/${system}`, ['suspend']], ['/systems/new', []], ['/users/import', []], ['/users/activation', []]],
  auditor: () => [],
}
/** What earlier persons went through: a page that has the same controls is the same page. */
const gone = new Set()

for (const who of Object.keys(DIALOGS)) {
  test(`${who}: every page, by Tab; what opens there, by Enter and Space, and closes by Escape`, { timeout: 300000 }, async () => {
    const page = await open({ path: '/login' })
    await page.addInitScript(instruments)
    await page.reload()
    await login(page, who)
    // What only a mouse can click is found.
    assert.equal(await page.evaluate(() => {
      const one = document.querySelector('main').appendChild(document.createElement('div'))
      one.textContent = 'x'
      one.addEventListener('click', () => {})
      const found = window.keyboard.unreachable().length
      one.remove()
      return found
    }), 1)
    const names = await page.locator('[data-menu]').evaluateAll(all => all.map(one => one.getAttribute('data-menu')))
    const wrong = []
    for (const name of names) {
      await page.focus(`[data-menu="${name}"]`)
      await page.keyboard.press('Enter')
      await page.waitForFunction(name => document.activeElement?.tagName === 'MAIN' && document.querySelector(`[data-menu="${name}"]`)?.getAttribute('aria-current') === 'page', name)
      await page.waitForSelector('main [data-page]')
      await settled(page)
      assert.ok(await page.evaluate(name => { // where he is stands in the menu
        const entry = document.querySelector(`[data-menu="${name}"]`).getBoundingClientRect(), list = document.querySelector('.entries').getBoundingClientRect()
        return entry.top >= list.top - 1 && entry.bottom <= list.bottom + 1
      }, name), `${name}: out of sight in the menu`)
      const made = await page.evaluate(() => [...document.querySelectorAll('main :is(a, button, input, select, textarea, summary)')].map(one => `${one.tagName} ${one.getAttribute('data-act')} ${one.className}`).join('\n'))
      if (!gone.has(`${name} ${made}`)) wrong.push(...await through(page, name))
      gone.add(`${name} ${made}`)
      for (const [n, act] of (DIALOGS[who][name] ?? []).entries()) await round(page, name, act, n % 2 ? 'Space' : 'Enter')
    }
    const ids = { second: world.operators.second.operator, user: (await world.socket('GET', '/v1/users?q=D1001')).items[0].user, system: (await world.socket('GET', '/v1/systems')).items.find(one => one.name === '电子病历').system }
    for (const [path, acts] of BELOW[who](ids)) {
      await go(page, path)
      await page.waitForFunction(path => location.hash === `#${path}` && document.activeElement?.tagName === 'MAIN', path)
      await page.waitForSelector('main [data-page] :is(.card, .notice)')
      await settled(page)
      wrong.push(...await through(page, path))
      for (const [n, act] of acts.entries()) await round(page, path, act, n % 2 ? 'Space' : 'Enter')
    }
    assert.deepEqual(wrong, [])
  })
}

test('a menu of acts and a field of choices open by Enter or Space, are gone through by arrows, and give the focus back', async () => {
  const page = await open({ path: '/login' })
  await login(page, 'operator', '/users')
  await page.waitForSelector('[data-page="users"]')
  for (const key of ['Enter', 'Space']) {
    await page.focus('[data-act="download"]')
    await page.keyboard.press(key)
    await page.waitForFunction(() => document.activeElement?.matches('[role="menuitem"]'))
    const first = await page.evaluate(() => document.activeElement.getAttribute('data-act'))
    await page.keyboard.press('ArrowDown')
    await page.waitForFunction(first => document.activeElement?.matches('[role="menuitem"]') && document.activeElement.getAttribute('data-act') !== first, first)
    await page.keyboard.press('Escape')
    await page.waitForFunction(() => document.activeElement?.matches('[data-act="download"]') && ![...document.querySelectorAll('.el-dropdown-menu')].some(one => one.checkVisibility()))
  }
  await page.focus('main input.el-select__input')
  await page.keyboard.press('Enter')
  await page.waitForFunction(() => [...document.querySelectorAll('.el-select-dropdown')].some(one => one.checkVisibility()))
  await page.keyboard.press('Escape')
  await page.waitForFunction(() => document.activeElement?.matches('input.el-select__input') && ![...document.querySelectorAll('.el-select-dropdown')].some(one => one.checkVisibility()))
})
