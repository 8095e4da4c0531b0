// A page outlives its session: who logs in again finds his forms as he left them (App.vue). Secrets it forgets when the session ends, and one that is
// answered only after that, or after the page was left, is not put on it: whoever asked is told what was made, and how he comes by another.
import { ElNotification } from 'element-plus'
import { onBeforeUnmount, onDeactivated } from 'vue'
import { t } from '../i18n'
import { session } from '../session'

export interface Asked {
  /** Whether the page is in front as it was when it asked, and its person there: else what came is not shown. */
  here: () => boolean
  /** What came too late: what was made all the same, and how to get another. Told to whoever asked, when he is there. */
  missed: (text: string) => void
}

const who = () => session.now?.operator.operator ?? ''
let late: { whose: string; text: string }[] = []
/** The frame calls it when it comes up; what another person asked for waits for him. */
export function tellMissed() {
  for (const one of late.filter(each => each.whose === who())) ElNotification({ type: 'warning', title: t('shell.missed'), message: one.text, duration: 0, customClass: 'told missed' })
  late = late.filter(one => one.whose !== who())
}

/** forget: empties what was typed or shown that is nobody's but of the person who was there. drop: the same where the page turns to something else. */
export function useSecrets(forget: () => void): { drop: () => void; asked: () => Asked } {
  let turn = 0
  const drop = () => { turn++; forget() }
  onDeactivated(drop)
  onBeforeUnmount(() => { turn++ })
  return {
    drop,
    asked: () => {
      const mine = turn, whose = who()
      return {
        here: () => mine === turn && whose !== '' && who() === whose,
        missed: text => {
          late.push({ whose, text })
          if (who()) tellMissed()
        },
      }
    },
  }
}
