// A code that is scanned: opened, drawn anew each second, followed until something came of it.
import { onBeforeUnmount, ref } from 'vue'
import { Refusal } from './api'

export interface Shown { state: string; code?: string | null; short_code?: string; number?: string | null; name?: string; reason?: string }
const FOLLOWED = ['opening', 'open', 'scanned', 'pending', 'claimed']
/** The service is away for a moment: worth asking again. */
const passes = (error: unknown) => error instanceof Refusal && ['unreachable', 'yiqian_unreachable', 'agent_unreachable'].includes(error.problem.code)

export function useCode(begin: () => Promise<unknown>, look: () => Promise<Shown>) {
  const shown = ref<Shown>({ state: 'opening' })
  const problem = ref<Refusal['problem'] | null>(null)
  const lost = ref(false)
  let timer = 0
  let run = 0

  function stop() {
    run++
    clearTimeout(timer)
  }
  async function open() {
    stop()
    const mine = run
    shown.value = { state: 'opening' }
    problem.value = null
    lost.value = false
    try {
      await begin()
    } catch (error) {
      if (mine === run) fail(error)
      return
    }
    if (mine === run) next(mine)
  }
  async function next(mine: number) {
    const began = Date.now()
    try {
      const now = await look()
      if (mine !== run) return
      shown.value = now
      lost.value = false
    } catch (error) {
      if (mine !== run) return
      if (!passes(error)) return fail(error)
      lost.value = true
    }
    if (FOLLOWED.includes(shown.value.state)) timer = window.setTimeout(() => next(mine), Math.max(250, 1000 - (Date.now() - began)))
  }
  function fail(error: unknown) {
    if (!(error instanceof Refusal)) throw error
    shown.value = { state: 'failed' }
    problem.value = error.problem
  }
  onBeforeUnmount(stop)
  return { shown, problem, lost, open, stop }
}
