// What an answer of a receiver's means, and what to do about it.
import { has, t } from '../../i18n'

const causes: [RegExp, string][] = [
  [/no connection is made/i, 'refusedHere'], [/refused/i, 'refused'], [/timed? ?out|timeout/i, 'timeout'], [/resolve/i, 'name'], [/certificate|ssl|tls/i, 'tls'], [/endpoint was removed/i, 'removed'], [/redirect/i, 'redirect'],
  [/could ?n.t connect|failed to connect|no route|unreachable/i, 'refused'], [/empty reply|recv failure|reset|closed/i, 'closed'],
]
/** status: null where there was no answer; message: why. */
export function meaning(status: number | null, message: string | null): string {
  if (status) {
    if (status >= 200 && status < 300) return t('callbacks.said.ok', { status })
    const name = `s${status}`
    return t(has(`callbacks.said.${name}`) ? `callbacks.said.${name}` : status < 400 ? 'callbacks.said.redirect' : status < 500 ? 'callbacks.said.s4xx' : 'callbacks.said.s5xx', { status })
  }
  const cause = causes.find(([text]) => text.test(message ?? ''))?.[1] ?? 'other'
  return message ? t(`callbacks.said.${cause}`, { message }) : ''
}
