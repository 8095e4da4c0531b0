// The server's words of the audit log in those of the reader: what became of an act, and what else a row says of it. What is not known stays as it is.
import { has, t } from '../../i18n'
import { findingOf } from './finding'

export const outcomeText = (code: string): string => (code === 'ok' ? t('system.done') : has(`outcomes.${code}`) ? t(`outcomes.${code}`) : code)

export function saidText(said: string | null | undefined): string {
  if (!said) return ''
  const found = findingOf(said)
  if (found) return t(`system.finding.${found.name}`, { a: found.a, b: found.b })
  return /^\w+$/.test(said) && has(`system.said.${said}`) ? t(`system.said.${said}`) : said
}
