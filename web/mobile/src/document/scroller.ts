/** What scrolls it: an observer's margin reaches beyond this one only where it is the root. */
export function scroller(element: Element | undefined): Element | null {
  for (let at = element?.parentElement; at; at = at.parentElement) if (/auto|scroll/.test(getComputedStyle(at).overflowY)) return at
  return null
}
