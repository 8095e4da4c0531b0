import { createI18n } from 'vue-i18n'
import en from './en'
import zh from './zh-CN'

const kept = localStorage.getItem('language')
export const i18n = createI18n({ legacy: false, locale: kept === 'en' ? 'en' : 'zh-CN', fallbackLocale: 'zh-CN', messages: { 'zh-CN': zh, en } })

export function speak(language: 'zh-CN' | 'en') {
  i18n.global.locale.value = language
  localStorage.setItem('language', language)
  document.documentElement.lang = language
  document.title = i18n.global.t('app')
}
