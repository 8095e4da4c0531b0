// The calls to this system's own server, and the shapes of what it answers.

export interface Person { staff_no: string; name: string; title: string; department?: string; role: string }
export interface Session {
  hospital: string; ward: string; person: Person | null; demo_login: boolean; demo_people: Person[]; yiqian: string; reachable: boolean
  system: string; agent: string; types: Record<string, string>
}
export interface Patient {
  patient: string; admission_no: string; name: string; sex: string; age: number; bed: string; room: string; department: string
  admitted_at: string; diagnosis: string; operation: string; allergy: string; care: string; condition: string; blood: string
  insurance: string; doctor_name?: string; records: number; to_sign: number; open: number
}
export interface Timestamp { state: 'pending' | 'stamped'; time: string; accuracy_us: number; serial: string; policy: string; demonstration: boolean }
export interface SigningRow {
  signing: string; record: string; part: 'author' | 'senior'; signer: string; signer_name: string; signer_title: string; way: string
  task: string | null; batch: string | null; state: string; reason: string; requested_at: string; signed_at: string | null
  timestamp: Timestamp | null // of the signature, where the service was asked for one
}
export interface RecordRow {
  record: string; patient: string; type: string; title: string; author: string; author_name: string; author_title: string
  senior: string | null; senior_name: string | null; recorded_at: string; patient_name: string; bed: string; admission_no: string
  parts: { author?: SigningRow; senior?: SigningRow }; status: string; part: 'author' | 'senior' | null
  awaits: boolean // this person's countersignature, on his phone
}
export interface Section { heading: string; paragraphs?: string[]; items?: string[]; table?: { head: string[]; rows: string[][] } }
export interface FullRecord extends RecordRow { sections: Section[]; digest: string | null; bytes: number; history: (SigningRow & { serial: string | null })[] }
export interface Check { check: string; state: 'ok' | 'failed' | 'not_done'; code: string; reason: string; reason_en: string }
export interface Verification {
  signing: SigningRow; digest: string; checked_at: string; record: RecordRow
  signature: { algorithm: string; serial: string; method: 'pin' | 'fingerprint' | 'authorisation'; authorisation: string | null; signed_at: string; rs: string }
  verdict: {
    valid: boolean; checks: Check[]; time: string; timestamp: { valid: boolean } | null
    signer: { subject: string; issuer: string; name: string; staff_no: string; serial: string; not_before: string; not_after: string; revocation_reason: string | null }
  }
}

export class Refusal extends Error {
  constructor(readonly status: number, readonly problem: { code: string; title: string; title_en: string; hint: string; hint_en: string; detail?: string }) {
    super(problem.title)
  }
}

const UNREACHABLE = {
  code: 'unreachable', title: '电子病历服务没有应答', title_en: 'This system does not answer',
  hint: '请检查网络，或联系信息科', hint_en: 'Check the network, or call the IT department',
}

export async function exchange<T>(url: string, method: 'GET' | 'POST', body: object | undefined, unreachable: Refusal['problem'], more: RequestInit = {}, headers: Record<string, string> = {}): Promise<T> {
  let response: Response
  try {
    response = await fetch(url, {
      method, headers: { ...(body ? { 'Content-Type': 'application/json' } : {}), ...headers }, body: body ? JSON.stringify(body) : undefined, cache: 'no-store', ...more,
    })
  } catch {
    throw new Refusal(0, unreachable)
  }
  const value = await response.json().catch(() => null)
  if (!response.ok || value === null) throw new Refusal(response.status, value?.code ? value : unreachable)
  return value as T
}
export const get = <T>(path: string) => exchange<T>(path, 'GET', undefined, UNREACHABLE)
export const post = <T = unknown>(path: string, body: object = {}) => exchange<T>(path, 'POST', body, UNREACHABLE)
