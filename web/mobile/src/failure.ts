// What went wrong, said so that a person can do something about it.
import type { Problem, Status } from '@yiqian/device'
import { shallowRef } from 'vue'
import { has, language, t } from './i18n'

export interface Told { title: string; hint: string; action?: 'retry' | 'settings' | 'enrol' | 'unlock' }
interface Failed { status: Status; problem: Problem | null }

/** The SDK's error, by its shape: it may come from another realm. */
export const failed = (error: unknown): Failed | null =>
  error && typeof error === 'object' && typeof (error as Partial<Failed>).status === 'string' ? (error as Failed) : null

/** Which of our texts fits (fail.<name>); "" where only the server's own does. */
export function cause(error: unknown, known: (name: string) => boolean): string {
  const it = failed(error)
  if (!it) return 'unexpected'
  // The try that was one too many locks.
  if (it.status === 'pin_wrong' && it.problem?.triesLeft === 0) return 'key_locked'
  const code = it.problem?.code ?? ''
  if (code && known(code)) return code
  if (it.problem && it.status === 'refused') return it.problem.title ? '' : 'bad_answer'
  return known(it.status) ? it.status : 'unexpected'
}

const actions: Record<string, Told['action']> = {
  transport_failed: 'retry', bad_answer: 'retry', busy: 'retry', key_busy: 'retry', task_claimed: 'retry', cancelled: 'retry', fingerprint_failed: 'retry', refresh_pending: 'retry',
  signing_time_skew: 'settings', clock_failed: 'settings', storage_failed: 'settings', transport_insecure: 'settings',
  key_locked: 'unlock', user_suspended: 'unlock', certificate_frozen: 'unlock', key_state: 'unlock',
  certificate_revoked: 'enrol', certificate_expired: 'enrol', certificate_superseded: 'enrol', unauthenticated: 'enrol', damaged: 'enrol',
}

export function explain(error: unknown): Told {
  const name = cause(error, one => has(`fail.${one}.title`))
  const problem = failed(error)?.problem
  if (!name && problem) {
    const english = language() === 'en'
    return {
      title: (english && problem.titleEn) || problem.title, hint: [problem.detail, (english && problem.hintEn) || problem.hint].filter(Boolean).join(english ? '. ' : '。'),
      ...(problem.httpStatus >= 500 || problem.httpStatus === 429 ? { action: 'retry' as const } : {}),
    }
  }
  const values = { tries: problem?.triesLeft ?? '', seconds: problem?.retryAfter ?? 0, detail: problem?.detail ?? '' }
  // How many are left is said by a server that says it; none is not nought.
  const hint = problem?.triesLeft == null && has(`fail.${name}.untold`) ? 'untold' : 'hint'
  return { title: t(`fail.${name}.title`, values), hint: t(`fail.${name}.${hint}`, values), action: actions[name] }
}

/** What stops this key whatever is tried: shown as a page of its own, and the act is over. */
const final = ['key_locked', 'key_state', 'user_suspended', 'unauthenticated', 'certificate_revoked', 'certificate_expired', 'certificate_superseded', 'certificate_frozen']
export const ended = (error: unknown): boolean => {
  const it = failed(error)
  return !!it && (final.includes(it.status) || (it.status === 'refused' && final.includes(it.problem?.code ?? '')))
}

export interface Failure { error: unknown; retry?: () => void }
/** What App.vue shows over everything. */
export const failure = shallowRef<Failure | null>(null)
export function fail(error: unknown, retry?: () => void) {
  if (failed(error)?.status === 'closed') return // another page took the storage: App.vue says so
  if (!failed(error)) console.error(error)
  failure.value = { error, retry }
}
