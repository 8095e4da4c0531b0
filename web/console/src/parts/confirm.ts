// A question before an act: resolves to what was typed as the reason ('' where none is asked for), or to null where the answer was no.
import { shallowRef } from 'vue'

export interface Question {
  title: string
  /** What will happen, in a sentence or two. */
  text: string
  /** The button: what is done, never "OK". */
  act: string
  danger?: boolean
  /** A reason has to be typed. */
  reason?: boolean
  /** This has to be typed first, for what cannot be undone: the name of what goes. */
  type?: string
}
export const question = shallowRef<(Question & { answer: (said: string | null) => void }) | null>(null)
export const confirm = (asked: Question): Promise<string | null> =>
  new Promise(answer => {
    question.value?.answer(null)
    question.value = { ...asked, answer }
  })
