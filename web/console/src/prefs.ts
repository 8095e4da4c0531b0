// What this browser keeps. localStorage throws where the browser denies it.
export function recall(name: string): string | null {
  try { return localStorage.getItem(`console.${name}`) } catch { return null }
}
export function remember(name: string, value: string | null) {
  try { value === null ? localStorage.removeItem(`console.${name}`) : localStorage.setItem(`console.${name}`, value) } catch { /* for this time only, then */ }
}
