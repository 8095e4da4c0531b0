// Chinese first. locales/<language>/*.ts are merged: each has top-level names of its own.
import { Locale } from 'vant'
import vantEn from 'vant/es/locale/lang/en-US'
import vantZh from 'vant/es/locale/lang/zh-CN'
import { createI18n } from 'vue-i18n'
import { recall, remember } from './prefs'

export type Language = 'zh-CN' | 'en'
interface Texts { [name: string]: string | Texts }
const files = import.meta.glob<Texts>('./locales/*/*.ts', { eager: true, import: 'default' })
const texts = (language: Language): Texts =>
  Object.assign({}, ...Object.entries(files).filter(([path]) => path.startsWith(`./locales/${language}/`)).map(([, texts]) => texts))

export const i18n = createI18n({
  legacy: false, locale: recall('language') === 'en' ? 'en' : 'zh-CN', fallbackLocale: 'zh-CN', messages: { 'zh-CN': texts('zh-CN'), en: texts('en') },
})
export const t = (name: string, values: Record<string, unknown> = {}): string => i18n.global.t(name, values)
export const has = (name: string): boolean => i18n.global.te(name, 'zh-CN')
export const language = (): Language => i18n.global.locale.value as Language

export function speak(to: Language) {
  i18n.global.locale.value = to
  remember('language', to)
  document.documentElement.lang = to
  document.title = t('app')
  Locale.use(to, to === 'en' ? vantEn : vantZh)
}

/** As the phone's own clock would write it; "" stays "". */
export function date(text: string): string {
  const at = new Date(text)
  const two = (n: number) => String(n).padStart(2, '0')
  return text && !Number.isNaN(at.getTime()) ? `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}` : ''
}
export function time(text: string): string {
  const at = new Date(text)
  const two = (n: number) => String(n).padStart(2, '0')
  return date(text) && `${date(text)} ${two(at.getHours())}:${two(at.getMinutes())}`
}
