// What went wrong, said so that a person can do something about it.
import { ElMessage, ElNotification } from 'element-plus'
import { Problem } from './api'
import { either, has, language, t } from './i18n'
import { confirm } from './parts/confirm'
import { loginAgain } from './session'

export interface Told { title: string; hint: string }

/** fail.<code>.title and .hint of the console's own texts where it knows better than the server, the server's own otherwise. */
export function explain(error: unknown): Told {
  if (!(error instanceof Problem)) {
    console.error(error)
    return { title: t('fail.unexpected.title'), hint: t('fail.unexpected.hint') }
  }
  const name = has(`fail.${error.code}.title`) ? error.code : error.title ? '' : error.status === 0 ? 'unreachable' : 'bad_answer'
  if (name) return { title: t(`fail.${name}.title`), hint: t(`fail.${name}.hint`, { detail: error.detail }) }
  return { title: either(error.title, error.titleEn), hint: [error.detail && either(...halves(error.detail)), either(error.hint, error.hintEn)].filter(Boolean).join('\n') }
}
/** A detail that says it twice: "中文 / English". */
function halves(text: string): [string, string] {
  const at = text.indexOf(' / ')
  return at > 0 && /[\u4e00-\u9fff]/.test(text.slice(0, at)) && !/[\u4e00-\u9fff]/.test(text.slice(at)) ? [text.slice(0, at), text.slice(at + 3)] : [text, text]
}

/** It may be done by who logged in a short while ago. */
export const isOldLogin = (error: unknown): boolean => error instanceof Problem && error.code === 'login_too_old'
async function offerLogin(error: unknown) {
  const { title, hint } = explain(error)
  if (await confirm({ title, text: hint, act: t('shell.loginAgain') }) !== null) await loginAgain()
}

/** Shown over the page for as long as it takes to read. */
export function toast(error: unknown) {
  if (error instanceof DOMException && error.name === 'AbortError') return
  if (error instanceof Problem && error.status === 401) return // the login page says so
  if (isOldLogin(error)) return void offerLogin(error)
  const { title, hint } = explain(error)
  ElNotification({ type: 'error', title, message: hint, duration: 8000, customClass: 'told' })
}
/** What is not as it was asked, and why. */
export const warn = (text: string) => { ElMessage({ type: 'warning', message: text, duration: 8000, showClose: true }) }
/** That it was done. */
export const done = (text: string) => { ElMessage({ type: 'success', message: text, duration: 3000, grouping: true }) }

/** What a form shows beside the field that the server refused, in its own words where it says it in this language; "" for another one's. */
export const fieldError = (error: unknown, field: string): string => (error instanceof Problem && error.field === field ? detailed(error) : '')
function detailed(error: Problem): string {
  const [zh, en] = halves(error.detail)
  return zh !== en || language() === 'en' ? either(zh, en) || explain(error).title : explain(error).title
}
