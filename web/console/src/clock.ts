// The server's time: what is asked for by "the last hour" or "today" is the server's, whatever the clock of this computer says.
import { reactive } from 'vue'
import { api } from './api'

/** How far the server is ahead of this computer (ms); 0 where it is less than a minute, or not known. */
export const clock = reactive({ ahead: 0 })
export const now = (): number => Date.now() + clock.ahead
const SMALL = 60_000
/** Worth saying: what a person reads here of "today" is then another day's for hours, or a login's end another's. */
const TOLD = 5 * 60_000
/** By how many minutes this computer's clock is wrong; 0 where nobody needs to know. */
export const wrongBy = (): number => (Math.abs(clock.ahead) >= TOLD ? Math.round(-clock.ahead / 60_000) : 0)

export async function compareClocks(): Promise<void> {
  const before = Date.now()
  const health = await api.get('/v1/health', { background: true }).catch(() => null)
  const after = Date.now()
  if (!health || after < before || after - before > SMALL / 6) return // nothing to go by, or the computer slept meanwhile
  const ahead = Date.parse(health.time) - (before + after) / 2
  clock.ahead = Math.abs(ahead) < SMALL || Number.isNaN(ahead) ? 0 : Math.round(ahead)
}
