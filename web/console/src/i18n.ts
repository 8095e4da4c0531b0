// Chinese first. locales/<language>/*.ts are merged: each has top-level names of its own.
import en from 'element-plus/es/locale/lang/en.mjs'
import zh from 'element-plus/es/locale/lang/zh-cn.mjs'
import { computed } from 'vue'
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
export const elementLocale = computed(() => (language() === 'en' ? en : zh))
/** One of two texts that come from the server: "title" and "title_en". */
export const either = (zh: string, en: string | null | undefined): string => (language() === 'en' && en) || zh

export function speak(to: Language) {
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
const two = (n: number) => String(n).padStart(2, '0')
