// How the person wants it: kept in this browser, put on the root element, where style.css reads it.
import { reactive, watch } from 'vue'

export interface Prefs {
  text: 'standard' | 'large' | 'huge'
  theme: 'auto' | 'light' | 'dark'
  contrast: boolean
  shuffle: boolean
}
export const standard: Prefs = { text: 'standard', theme: 'auto', contrast: false, shuffle: false }

/** What was kept, as far as it is what could have been kept. */
export function readPrefs(text: string | null): Prefs {
  let kept: Partial<Record<keyof Prefs, unknown>> = {}
  try {
    const read: unknown = JSON.parse(text ?? '{}')
    if (read && typeof read === 'object') kept = read
  } catch { /* somebody else's text */ }
  return {
    text: kept.text === 'large' || kept.text === 'huge' ? kept.text : 'standard',
    theme: kept.theme === 'light' || kept.theme === 'dark' ? kept.theme : 'auto',
    contrast: kept.contrast === true,
    shuffle: kept.shuffle === true,
  }
}

/** localStorage throws where the browser denies it. */
export function recall(name: string): string | null {
  try { return localStorage.getItem(name) } catch { return null }
}
export function remember(name: string, value: string | null) {
  try { value === null ? localStorage.removeItem(name) : localStorage.setItem(name, value) } catch { /* for this time only, then */ }
}

export const prefs = reactive<Prefs>(readPrefs(recall('prefs')))

export function applyPrefs() {
  const root = document.documentElement
  const night = matchMedia('(prefers-color-scheme: dark)')
  const put = () => {
    const dark = prefs.theme === 'dark' || (prefs.theme === 'auto' && night.matches)
    root.dataset.text = prefs.text
    root.classList.toggle('contrast', prefs.contrast)
    root.classList.toggle('van-theme-dark', dark)
    document.querySelector('meta[name="theme-color"]')?.setAttribute('content', dark ? '#0b1416' : '#0f766e')
  }
  night.addEventListener('change', put)
  watch(prefs, () => { put(); remember('prefs', JSON.stringify(prefs)) })
  put()
}
