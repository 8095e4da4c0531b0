// What would be lost by leaving the page: asked before, by a link of ours and by the browser. Whoever is logged out is not asked: what is on the page is
// for nobody's eyes then.
import { onBeforeUnmount, onMounted } from 'vue'
import { onBeforeRouteLeave } from 'vue-router'
import { session } from '../session'
import { confirm, type Question } from './confirm'

export const mayLeave = async (unsaved: boolean, asked: () => Question): Promise<boolean> => !unsaved || !session.now || (await confirm(asked())) !== null

export function useUnsaved(unsaved: () => boolean, asked: () => Question) {
  const unloading = (event: BeforeUnloadEvent) => { if (session.now && unsaved()) event.preventDefault() }
  onMounted(() => addEventListener('beforeunload', unloading))
  onBeforeUnmount(() => removeEventListener('beforeunload', unloading))
  onBeforeRouteLeave(() => mayLeave(unsaved(), asked))
}
