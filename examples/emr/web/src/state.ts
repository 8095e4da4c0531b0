// Who is signed in, and what happens: one stream of events for all pages.
import { ElNotification } from 'element-plus'
import { onBeforeUnmount, reactive } from 'vue'
import { get, Refusal, type Session } from './api'
import { i18n } from './i18n'

export const session = reactive<Session>({ hospital: '', ward: '', person: null, demo_login: false, demo_people: [], yiqian: '', reachable: true, system: '', agent: '', types: {} })

export interface Event { kind: string; record?: string; signing?: string; state?: string; signer?: string; batch?: string | null }
const listeners = new Set<(event: Event) => void>()
let source: EventSource | null = null

export async function loadSession() {
  Object.assign(session, await get<Session>('/api/session'))
  listen()
}

export function listen() {
  source?.close()
  source = null
  if (!session.person) return
  source = new EventSource('/api/events')
  let lost = false
  source.onerror = () => { lost = true }
  // What happened while the stream was away is read anew.
  source.onopen = () => { if (lost) tell({ kind: 'everything' }); lost = false }
  source.onmessage = message => tell(JSON.parse(message.data))
}

function tell(event: Event) {
  listeners.forEach(listener => listener(event))
}

/** Calls back while the calling component is there. */
export function onEvent(listener: (event: Event) => void) {
  listeners.add(listener)
  onBeforeUnmount(() => listeners.delete(listener))
}

/** Says what went wrong and what to do; a session that ended leads back to the login. */
export function complain(error: unknown) {
  const { locale, t } = i18n.global
  const chinese = locale.value === 'zh-CN'
  if (!(error instanceof Refusal)) {
    console.error(error)
    ElNotification({ type: 'error', title: t('failed'), message: String(error) })
    return
  }
  const problem = error.problem
  if (problem.code === 'not_signed_in') { session.person = null; listen() }
  ElNotification({
    type: 'error', duration: 8000, title: chinese ? problem.title : problem.title_en || problem.title,
    message: [problem.detail, chinese ? problem.hint : problem.hint_en || problem.hint].filter(Boolean).join(chinese ? '。' : '. '),
  })
}

/** A timestamp's own time, in milliseconds, and how far it may be off. */
export function precise(text: string): string {
  return `${time(text)}.${String(new Date(text).getMilliseconds()).padStart(3, '0')}`
}
export function accuracy(us: number): string {
  const [value, unit] = us >= 1e6 ? [us / 1e6, 's'] : us >= 1e3 ? [us / 1e3, 'ms'] : [us, 'µs']
  return `±${Number(value.toPrecision(4))} ${unit}`
}

export function time(text: string | null | undefined): string {
  if (!text) return ''
  const at = new Date(text)
  const two = (n: number) => String(n).padStart(2, '0')
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
}
