// Microseconds and seconds as people read them.
import { t } from '../../i18n'

/** "350 µs", "1.2 ms", "3 s". */
export function micros(us: number | null | undefined): string {
  if (us === null || us === undefined) return '–'
  const size = Math.abs(us)
  return size < 1000 ? `${us} µs` : size < 1_000_000 ? `${Number((us / 1000).toPrecision(3))} ms` : `${Number((us / 1_000_000).toPrecision(3))} s`
}
export function seconds(s: number | null): string {
  if (s === null) return t('tsa.ages')
  return s < 120 ? t('tsa.seconds', { n: s }) : s < 7200 ? t('tsa.minutes', { n: Math.round(s / 60) }) : s < 172_800 ? t('tsa.hours', { n: Math.round(s / 3600) }) : t('tsa.days', { n: Math.round(s / 86_400) })
}
