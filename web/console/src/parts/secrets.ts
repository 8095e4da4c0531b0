// A page outlives its session: who logs in again finds his forms as he left them (App.vue). Secrets it forgets when the session ends.
import { onDeactivated } from 'vue'

/** forget: empties what was typed or shown that is nobody's but of the person who was there. */
export const useSecrets = (forget: () => void) => onDeactivated(forget)
