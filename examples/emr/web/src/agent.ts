// The agent of the workstation on which this page is shown: it signs within an authorisation that the person's phone gave it.
import { ElNotification } from 'element-plus'
import { reactive } from 'vue'
import { exchange, post, Refusal, type SigningRow } from './api'
import { i18n } from './i18n'
import { complain, session } from './state'

export interface Authorisation {
  authorisation: string; state: 'offered' | 'active' | 'closed' | 'expired' | 'exhausted'; signer?: { staff_no: string; name: string } | null
  systems: string[]; record_types: string[]; until: string; count: number; count_left: number; closed_by?: string | null; code?: string; code_expires_at?: string
}
interface Result { task: string; status: 'signed' | 'refused'; problem?: Refusal['problem'] }

const UNREACHABLE = {
  code: 'agent_unreachable', title: '本工作站的签名代理没有应答', title_en: 'The signing agent of this workstation does not answer',
  hint: `请在本工作站上运行 yiqian agent --origin ${location.origin} 后重试；在此之前请用手机签名`,
  hint_en: `Run yiqian agent --origin ${location.origin} on this workstation, then try again; until then sign with your phone`,
}
const KEPT = 'authorisation'  // its id, while one is open in this browser
/** now: what signs at this workstation for the person who is signed in; lost: the agent is away. */
export const authorised = reactive<{ now: Authorisation | null; lost: boolean }>({ now: null, lost: false })
let following: AbortController | null = null

export const agent = <T>(method: 'GET' | 'POST', path: string, body?: object, signal?: AbortSignal) =>
  exchange<T>(session.agent + path, method, body, UNREACHABLE, { credentials: 'omit', signal })

export const isMine = (a: Authorisation) => a.signer?.staff_no === session.person?.staff_no
const covers = (a: Authorisation, type: string) =>
  (!a.systems.length || a.systems.includes(session.system)) && (!a.record_types.length || a.record_types.includes(session.types[type]))
/** Whether a record of this type can be signed now without the phone. */
export const signsHere = (type: string) => !!authorised.now && !authorised.lost && authorised.now.count_left > 0 && covers(authorised.now, type)

/** Uses this authorisation from now on, until it ends. */
export function adopt(a: Authorisation) {
  localStorage.setItem(KEPT, a.authorisation)
  authorised.now = a
  authorised.lost = false
  follow(a.authorisation)
}

/** After a reload: what this browser used before, if it still signs for this person. */
export async function resume() {
  forget()
  const id = localStorage.getItem(KEPT)
  if (!id || !session.person) return
  try {
    const a = await agent<Authorisation>('GET', `/v1/authorisations/${encodeURIComponent(id)}`)
    if (a.state === 'active' && isMine(a)) adopt(a)
    else if (a.state !== 'active') localStorage.removeItem(KEPT)
  } catch (error) {
    if (!(error instanceof Refusal) || error.status) localStorage.removeItem(KEPT)
  }
}

/** No longer shown or used here; what the agent holds is untouched. */
export function forget() {
  following?.abort()
  following = null
  authorised.now = null
  authorised.lost = false
}

function over(a: Pick<Authorisation, 'state' | 'closed_by'>) {
  const { t } = i18n.global
  forget()
  localStorage.removeItem(KEPT)
  const by = a.state === 'closed' && a.closed_by ? `closedBy.${a.closed_by}` : a.state
  ElNotification({ type: 'warning', duration: 0, title: t('authorise.over'), message: t(`authorise.${i18n.global.te(`authorise.${by}`) ? by : 'closed'}`) })
}

async function follow(id: string) {
  following?.abort()
  const mine = following = new AbortController()
  const pause = (ms: number) => new Promise(done => setTimeout(done, ms))
  while (following === mine) {
    const began = Date.now()
    try {
      const a = await agent<Authorisation>('GET', `/v1/authorisations/${encodeURIComponent(id)}?wait=30`, undefined, mine.signal)
      if (following !== mine) return
      authorised.lost = false
      if (a.state !== 'active') return over(a)
      authorised.now = a
      if (Date.now() - began < 500) await pause(1000)
    } catch (error) {
      if (following !== mine) return
      // An agent that was started anew knows nothing of it: it is closed.
      if (error instanceof Refusal && error.status === 404) return over({ state: 'closed', closed_by: 'workstation' })
      authorised.lost = true
      await pause(2000)
    }
  }
}

export async function closeAuthorisation() {
  const a = authorised.now
  if (!a) return
  const closed = agent('POST', `/v1/authorisations/${encodeURIComponent(a.authorisation)}/close`)
  forget()
  localStorage.removeItem(KEPT)
  await closed
}

/** Signs tasks that exist, a phone not being needed. What is refused stays on the phone, and is told. */
export async function signTasks(tasks: string[]): Promise<number> {
  const a = authorised.now
  if (!a || !tasks.length) return 0
  const { results } = await agent<{ results: Result[] }>('POST', `/v1/authorisations/${encodeURIComponent(a.authorisation)}/signatures`, { tasks })
  const refused = results.filter(result => result.status === 'refused')
  const signed = results.length - refused.length
  if (authorised.now?.authorisation === a.authorisation) authorised.now = { ...a, count_left: Math.max(0, a.count_left - signed) }
  const problem = refused[0]?.problem
  if (problem) complain(new Refusal(409, { ...problem, detail: i18n.global.t('authorise.refused', { n: refused.length }) }))
  return signed
}

/** Signs records within the authorisation: their tasks are made as always, then the agent signs them by their ids. */
export async function signHere(records: string[]): Promise<number> {
  const { signings } = await post<{ signings: SigningRow[] }>('/api/signings', { records, way: 'authorised' })
  return signTasks(signings.flatMap(signing => signing.task ?? []))
}
