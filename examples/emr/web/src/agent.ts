// The agent of the workstation on which this page is shown: it signs within an authorisation that the person's phone gave it. It asks for the
// handle that it gave with the authorisation's id; that is kept by this system's own server for the person, and by no browser.
import { reactive } from 'vue'
import { exchange, get, post, Refusal, type SigningRow } from './api'
import { i18n } from './i18n'
import { complain, session } from './state'

export interface Authorisation {
  authorisation: string; state: 'offered' | 'active' | 'closed' | 'expired' | 'exhausted'; signer?: { staff_no: string; name: string } | null
  systems: string[]; record_types: string[]; until: string; count: number; count_left: number; closed_by?: string | null; code?: string; code_expires_at?: string
}
/** What an authorisation is used with. */
export interface Held { authorisation: string; handle: string }
/** What everybody at the workstation may know of those that are open. */
interface Open { name: string; until: string; count_left: number }
interface Status { workstation: { id: string }; authorisations: Open[] }
interface Result { task: string; status: 'signed' | 'refused'; problem?: Refusal['problem'] }

const UNREACHABLE = {
  code: 'agent_unreachable', title: '本工作站的签名代理没有应答', title_en: 'The signing agent of this workstation does not answer',
  hint: `请在本工作站上运行 yiqian agent --origin ${location.origin} 后重试；在此之前请用手机签名`,
  hint_en: `Run yiqian agent --origin ${location.origin} on this workstation, then try again; until then sign with your phone`,
}
/** now: what signs at this workstation for the person who is signed in; lost: the agent is away; over: why it ended, for a moment; others: what
 * other people have open here. */
export const authorised = reactive<{ now: Authorisation | null; lost: boolean; over: string; others: Open[] }>({ now: null, lost: false, over: '', others: [] })
let held: Held | null = null
let following: AbortController | null = null

const agent = <T>(method: 'GET' | 'POST', path: string, body?: object, handle?: string, signal?: AbortSignal) =>
  exchange<T>(session.agent + path, method, body, UNREACHABLE, { credentials: 'omit', signal }, handle ? { 'Authorisation-Handle': handle } : {})
const of = <T>(one: Held, method: 'GET' | 'POST', tail = '', body?: object, signal?: AbortSignal) =>
  agent<T>(method, `/v1/authorisations/${encodeURIComponent(one.authorisation)}${tail}`, body, one.handle, signal)

export const isMine = (a: Authorisation) => a.signer?.staff_no === session.person?.staff_no
const covers = (a: Authorisation, type: string) =>
  (!a.systems.length || a.systems.includes(session.system)) && (!a.record_types.length || a.record_types.includes(session.types[type]))
/** Whether a record of this type can be signed now without the phone. */
export const signsHere = (type: string) => !!authorised.now && !authorised.lost && authorised.now.count_left > 0 && covers(authorised.now, type)

/** Asks for one; its handle is at this system's server before anybody scans the code. */
export async function offer(scope: object): Promise<Authorisation & Held> {
  const { workstation } = await agent<Status>('GET', '/v1/status')
  const offered = await agent<Authorisation & Held>('POST', '/v1/authorisations', scope)
  const { authorisation, handle, until } = offered
  try {
    await post('/api/authorisations', { authorisation, handle, until, workstation: workstation.id })
  } catch (error) {
    await of(offered, 'POST', '/close').catch(complain)
    throw error
  }
  return offered
}
export const look = (one: Held) => of<Authorisation>(one, 'GET')
export async function close(one: Held) {
  try { await of(one, 'POST', '/close') } finally { await drop(one) }
}
const drop = (one: Held) => post(`/api/authorisations/${encodeURIComponent(one.authorisation)}/over`).catch(complain)

/** Uses this authorisation from now on, until it ends. */
export function adopt(a: Authorisation, one: Held) {
  held = { authorisation: one.authorisation, handle: one.handle }
  authorised.now = a
  authorised.lost = false
  authorised.over = ''
  authorised.others = []
  follow(held)
}

/** What this person opened here before (in another window, before a reload or a new login), if it is still open. */
export async function resume(): Promise<boolean> {
  forget()
  const person = session.person
  if (!person) return false
  try {
    const { workstation, authorisations } = await agent<Status>('GET', '/v1/status')
    if (!authorisations.length) return false
    const kept = await get<{ authorisations: Held[] }>(`/api/workstations/${encodeURIComponent(workstation.id)}/authorisations`)
    for (const one of kept.authorisations) {
      try {
        const a = await look(one)
        if (person !== session.person) return false
        if (a.state === 'active' && isMine(a)) { adopt(a, one); return true }
        if (a.state !== 'active' && a.state !== 'offered') await drop(one)
      } catch (error) {
        if (!(error instanceof Refusal) || error.status !== 404) throw error
        await drop(one) // of an agent that was started anew since
      }
    }
    if (person === session.person) authorised.others = authorisations
  } catch (error) {
    // Without an agent there is nothing to go on with.
    if (!(error instanceof Refusal) || error.status) complain(error)
  }
  return false
}

/** What others have open, as it is now. */
export async function lookForOthers() {
  if (authorised.now) return
  const known = await agent<Status>('GET', '/v1/status').catch(() => null)
  if (known && !authorised.now) authorised.others = known.authorisations
}

/** No longer shown or used here; what the agent holds is untouched. */
export function forget() {
  following?.abort()
  following = null
  held = null
  authorised.now = null
  authorised.lost = false
  authorised.over = ''
  authorised.others = []
}

const SHOWN_MS = 10_000
function over(one: Held, a: Pick<Authorisation, 'state' | 'closed_by'>) {
  forget()
  drop(one)
  const by = a.state === 'closed' && a.closed_by ? `closedBy.${a.closed_by}` : a.state
  const why = authorised.over = `authorise.${i18n.global.te(`authorise.${by}`) ? by : 'closed'}`
  setTimeout(() => { if (authorised.over === why) authorised.over = '' }, SHOWN_MS)
}

async function follow(one: Held) {
  following?.abort()
  const mine = following = new AbortController()
  const pause = (ms: number) => new Promise(done => setTimeout(done, ms))
  while (following === mine) {
    const began = Date.now()
    try {
      const a = await of<Authorisation>(one, 'GET', '?wait=30', undefined, mine.signal)
      if (following !== mine) return
      authorised.lost = false
      if (a.state !== 'active') return over(one, a)
      authorised.now = a
      if (Date.now() - began < 500) await pause(1000)
    } catch (error) {
      if (following !== mine) return
      // An agent that was started anew knows nothing of it: it is closed.
      if (error instanceof Refusal && error.status === 404) return over(one, { state: 'closed', closed_by: 'workstation' })
      authorised.lost = true
      await pause(2000)
    }
  }
}

export async function closeAuthorisation() {
  const one = held
  if (!one) return
  forget()
  await close(one)
}

/** Signs tasks that exist, a phone not being needed. What is refused stays on the phone, and is told. */
export async function signTasks(tasks: string[]): Promise<number> {
  const one = held
  if (!one || !tasks.length) return 0
  const { results } = await of<{ results: Result[] }>(one, 'POST', '/signatures', { tasks })
  const refused = results.filter(result => result.status === 'refused')
  const signed = results.length - refused.length
  const a = authorised.now
  if (a?.authorisation === one.authorisation) authorised.now = { ...a, count_left: Math.max(0, a.count_left - signed) }
  const problem = refused[0]?.problem
  if (problem) complain(new Refusal(409, { ...problem, detail: i18n.global.t('authorise.refused', { n: refused.length }) }))
  return signed
}

/** Signs records within the authorisation: their tasks are made as always, then the agent signs them by their ids. */
export async function signHere(records: string[]): Promise<number> {
  const { signings } = await post<{ signings: SigningRow[] }>('/api/signings', { records, way: 'authorised' })
  return signTasks(signings.flatMap(signing => signing.task ?? []))
}
