// Who is logged in, and what he may do. The cookie is the browser's; what is here is only shown.
import { reactive } from 'vue'
import { api, hooks, Problem, type Body, type Schemas } from './api'

export type Session = Schemas['ConsoleSession']
export type Permission = Schemas['Permission']
/** Why nobody is logged in any more. */
export type Why = '' | 'ended' | 'idle' | 'out' | 'again'

/** known: whether the server was asked; now: null where nobody is logged in. last: who is, or was before; a page that
 * waits for its person stays as it is for him. acted: when somebody last did something, here or in another page (ms).
 * link: a one-time link that came while a page waits for its person, for the login to use. */
export const session = reactive<{ known: boolean; now: Session | null; last: Session | null; why: Why; acted: number; link: string }>({ known: false, now: null, last: null, why: '', acted: Date.now(), link: '' })

export const may = (permission: Permission): boolean => session.last?.permissions.includes(permission) ?? false
export const mayAny = (permissions: Permission[]): boolean => permissions.some(may)

/** Whether somebody sees what would be asked for anew: not a page put aside, nor a window that is hidden. */
export const watched = () => !document.hidden && session.now !== null

/** Other pages of this browser are told of login and logout, and that somebody is there. */
const others = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('yiqian-console')
others?.addEventListener('message', event => {
  if (event.data === 'act') session.acted = Date.now()
  else if (event.data === 'in') {
    session.acted = Date.now()
    void ask().catch(() => undefined)
  }
  else if (event.data === 'out' || event.data === 'idle') forget(event.data)
})
let told = 0
/** Somebody did something. */
export function act() {
  session.acted = Date.now()
  if (session.acted - told < 5000) return
  told = session.acted
  others?.postMessage('act')
}

function keep(now: Session) {
  Object.assign(session, { known: true, now, last: now, why: '' })
  hooks.csrf = now.csrf
}
function forget(why: Why) {
  hooks.csrf = ''
  // The reason first: whoever looks at the change asks for it.
  Object.assign(session, { known: true, why: session.now ? why : session.why, now: null })
}
hooks.ended = () => { if (session.now) forget('ended') }

/** Asks the server who this is. Throws what is no 401. */
export async function ask(): Promise<Session | null> {
  const { csrf } = hooks
  try {
    keep(await api.get('/v1/console/session'))
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) throw error
    if (csrf === hooks.csrf) forget('ended') // else somebody logged in meanwhile
  }
  return session.now
}
/** The server said with an act's answer that somebody is logged in now. */
export function entered(now: Session) {
  keep(now)
  session.acted = Date.now()
  others?.postMessage('in')
}
export async function login(proof: Body<'/v1/console/sessions', 'post'>): Promise<void> {
  entered(await api.post('/v1/console/sessions', { body: proof }))
}
/** What is done shortly after a login only: out, and in again, and the page is as it was. */
export async function loginAgain(): Promise<void> {
  await api.del('/v1/console/session').catch(() => undefined)
  forget('again')
}
/** Also where the server is not reached: this page forgets, and the session goes idle there. */
export async function logout(why: 'idle' | 'out' = 'out'): Promise<void> {
  try {
    await api.del('/v1/console/session')
  } catch (error) { if (!(error instanceof Problem)) throw error }
  forget(why)
  others?.postMessage(why)
}
