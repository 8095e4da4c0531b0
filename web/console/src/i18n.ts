// Chinese first. locales/<language>/*.ts are merged: each has top-level names of its own. A language is loaded when somebody speaks it; both have the same names
// (locales/texts.test.ts).
import type { Language as ElementLocale } from 'element-plus/es/locale'
import { computed, shallowReactive } from 'vue'
import { createI18n } from 'vue-i18n'
import { recall, remember } from './prefs'

export type Language = 'zh-CN' | 'en'
interface Texts { [name: string]: string | Texts }
const files = import.meta.glob<Texts>('./locales/*/*.ts', { import: 'default' })
const elements = shallowReactive<Partial<Record<Language, ElementLocale>>>({})

export const i18n = createI18n({
  legacy: false, locale: recall('language') === 'en' ? 'en' : 'zh-CN', messages: { 'zh-CN': {}, en: {} } as Record<Language, Texts>,
})
async function load(language: Language) {
  if (elements[language]) return
  const [element, ...texts] = await Promise.all([
    language === 'en' ? import('element-plus/es/locale/lang/en.mjs') : import('element-plus/es/locale/lang/zh-cn.mjs'),
    ...Object.entries(files).filter(([path]) => path.startsWith(`./locales/${language}/`)).map(([, file]) => file()),
  ])
  i18n.global.setLocaleMessage(language, Object.assign({}, ...texts) as Texts)
  elements[language] = element.default
}
export const t = (name: string, values: Record<string, unknown> = {}): string => i18n.global.t(name, values)
export const has = (name: string): boolean => i18n.global.te(name)
export const language = (): Language => i18n.global.locale.value as Language
export const elementLocale = computed(() => elements[language()])
/** One of two texts that come from the server: "title" and "title_en". */
export const either = (zh: string, en: string | null | undefined): string => (language() === 'en' && en) || zh

export async function speak(to: Language) {
  await load(to)
  i18n.global.locale.value = to
  remember('language', to)
  document.documentElement.lang = to
}

/** In the computer's own time; "" stays "". seconds: also those. */
export function date(text: string | null | undefined): string {
  const at = new Date(text ?? '')
  return text && !Number.isNaN(at.getTime()) ? `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}` : ''
}
export function time(text: string | null | undefined, seconds = false): string {
  const at = new Date(text ?? '')
  return date(text) && `${date(text)} ${two(at.getHours())}:${two(at.getMinutes())}${seconds ? `:${two(at.getSeconds())}` : ''}`
}
/** With what its text has of a second, for what is proved to the microsecond. */
export const exactTime = (text: string | null | undefined): string => time(text, true) && `${time(text, true)}${/\.\d+/.exec(text ?? '')?.[0] ?? ''}`
/** The zone of those: "UTC+08:00"; its name where its offset changes over the year. */
export function zone(): string {
  const year = new Date().getFullYear()
  const [winter = 0, summer = 0] = [0, 6].map(month => -new Date(year, month, 1).getTimezoneOffset())
  if (winter !== summer) return Intl.DateTimeFormat().resolvedOptions().timeZone
  const minutes = Math.abs(winter)
  return `UTC${winter < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}
const two = (n: number) => String(n).padStart(2, '0')

// Nothing is shown before its texts are there.
await load(language())
