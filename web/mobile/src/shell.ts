// The app's own shell (Android, iOS) around this page; null in a browser. Known before anything is shown.
import { openShell, type Shell as Native } from './native'

export interface Shell extends Native {
  /** A camera of its own: the text of the code; '' where the person closed it. */
  scan?: () => Promise<string>
}
export let shell: Shell | null = null
export async function findShell() { shell = await openShell() }
