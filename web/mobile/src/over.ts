// What lies over a page: a proof, a question, a failure, a document. The phone's back button takes it away and leaves the page, so that nothing is signed that nobody sees any more.
import { onBeforeUnmount, onMounted, watch } from 'vue'

const over: (() => void)[] = []

/** close: how it goes away. Gives what to call when it is gone. */
export function layOver(close: () => void): () => void {
  over.push(close)
  return () => { const at = over.lastIndexOf(close); if (at >= 0) over.splice(at, 1) }
}
/** For a component that lies over the page as long as it is there. */
export function useOver(close: () => void) {
  let gone = () => {}
  onMounted(() => { gone = layOver(close) })
  onBeforeUnmount(() => gone())
}
/** For what lies over a component's page while `shown`. */
export function useOverWhile(shown: () => boolean, close: () => void) {
  let gone = () => {}
  watch(shown, on => { gone(); gone = on ? layOver(close) : () => {} })
  onBeforeUnmount(() => gone())
}

/** true: there was something, and it was told to go. */
export function takeTop(): boolean {
  const close = over[over.length - 1]
  close?.()
  return !!close
}
