// In a shell a page reaches one server only, so a server has to be set to be looked at at all. Until the person takes it, the one before is kept, and comes back.
import { recall, remember } from './prefs'
import { shell } from './shell'

const BEFORE = 'server-before'

/** The server that is the person's while another is looked at ('' for none yet); null: none is looked at. */
export const before = (): string | null => (shell ? recall(BEFORE) : null)

/** It holds when the page is loaded anew. */
export async function lookAt(url: string) {
  if (before() === null) remember(BEFORE, shell?.server ?? '')
  await shell?.setServer(url)
}
export function take() { remember(BEFORE, null) }

/** true: the one before is back, and holds when the page is loaded anew. Where there was none, what was looked at stays unused. */
export async function giveBack(): Promise<boolean> {
  const url = before()
  if (!url) return false
  await shell?.setServer(url)
  take()
  return true
}
