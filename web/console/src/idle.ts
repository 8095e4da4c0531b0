// Nobody there for the policy's minutes: the page warns for the last of them, then logs out. Whoever reads and types without asking the server
// anything keeps his session, too: the page asks for him.
import { onMounted, onUnmounted, ref, type Ref } from 'vue'
import { hooks, Problem } from './api'
import { act, ask, logout, session } from './session'

const WARN = 60

/** Seconds left while the page warns; null otherwise. */
export function useIdle(): { left: Ref<number | null>; stay: () => void } {
  const left = ref<number | null>(null)
  let busy = false
  async function look() {
    const now = session.now
    if (!now) left.value = null
    if (!now || busy) return
    const allowed = now.idle_seconds * 1000, quiet = Date.now() - session.acted
    const seconds = Math.ceil((allowed - quiet) / 1000)
    left.value = seconds <= Math.min(WARN, now.idle_seconds / 2) ? Math.max(seconds, 0) : null
    busy = true
    if (seconds <= 0) await logout('idle').catch(() => undefined)
    else if (session.acted > hooks.asked && Date.now() - hooks.asked > Math.min(60_000, allowed / 3)) await ask().catch(error => { if (!(error instanceof Problem)) throw error })
    busy = false
  }
  // While it warns, a click beside the question is no answer.
  const seen = () => { if (left.value === null) act() }
  const events = ['pointerdown', 'keydown', 'wheel', 'touchstart'] as const
  let timer: ReturnType<typeof setInterval>
  onMounted(() => {
    timer = setInterval(() => void look(), 1000)
    for (const name of events) addEventListener(name, seen, { passive: true, capture: true })
  })
  onUnmounted(() => {
    clearInterval(timer)
    for (const name of events) removeEventListener(name, seen, { capture: true })
  })
  return { left, stay: () => { act(); left.value = null } }
}
