// What an act that waits for approval will do, in words.
import { shallowReactive } from 'vue'
import { api, type Row1 } from '../../api'
import { either, has, t, time } from '../../i18n'
import { fromBase64, fromPem } from '../../keyfile'
import { may } from '../../session'
import { roleName } from './roles'

export type Approval = Row1<'/v1/approvals'>

const asked = new Set<string>()
/** The SHA-256 of a certificate that was asked for, as OpenSSL prints it, to be compared with what its authority publishes. */
const prints = shallowReactive(new Map<string, string>())
function printOf(base64: string): string {
  if (!asked.has(base64)) {
    asked.add(base64)
    const given = fromBase64(base64), der = given[0] === 0x30 ? given : fromPem('CERTIFICATE', new TextDecoder().decode(given))
    if (der) void globalThis.crypto.subtle?.digest('SHA-256', der.slice().buffer).then(hash => { prints.set(base64, `SHA-256 ${[...new Uint8Array(hash)].map(octet => octet.toString(16).padStart(2, '0').toUpperCase()).join(':')}`) })
  }
  return prints.get(base64) ?? ''
}

export const actTitle = (act: string): string => (has(`acts.${act}`) ? t(`acts.${act}`) : act)

/** The names of permissions, in the person's language: asked for once. */
const permissions = shallowReactive(new Map<string, { zh: string; en: string }>())
let permissionsAsked = false
function permissionOf(name: string): string {
  if (!permissionsAsked && may('operators.read')) {
    permissionsAsked = true
    void api.get('/v1/roles', { background: true }).then(all => { for (const one of all.permissions) permissions.set(one.permission, one) }, () => undefined)
  }
  const text = permissions.get(name)
  return text ? either(text.zh, text.en) : name
}

const bytes = (size: number) => (size < 1048576 ? `${Math.ceil(size / 1024)} KiB` : `${(size / 1048576).toFixed(1)} MiB`)
/** A word of the server's, where it is known by one of these. */
const word = (text: string, ...of: string[]): string => { const known = of.map(one => `${one}.${text}`).find(has); return known ? t(known) : text }

function written(name: string, value: unknown): string {
  if (value === null || value === '') return t('shell.none')
  if (typeof value === 'boolean') return t(name === 'in_use' || name === 'ordering' ? (value ? 'approvals.yes' : 'approvals.no') : value ? 'policy.allowed' : 'policy.forbidden')
  if (Array.isArray(value)) return value.map(one => (name === 'permissions' ? permissionOf(String(one)) : word(String(one), 'role', 'tsa.purpose'))).join(t('roles.and'))
  if (typeof value === 'object') return JSON.stringify(value)
  const text = String(value)
  switch (name) {
    case 'size': return bytes(Number(value))
    case 'created_at': case 'not_after': return time(text)
    case 'role': case 'new_role': return roleName({ role: text })
    case 'scope': case 'cause': return word(text, `backups.${name}`)
    case 'schedule': return word(text, 'backups.word')
    case 'state': return word(text, 'state')
    case 'certificate': case 'csr': return printOf(text) || `${text.slice(0, 120)}…`
    default: return text.length > 120 ? `${text.slice(0, 120)}…` : text
  }
}
/** For how long a token holds that was asked for without an end (OpenAPI: expires_in). */
const TOKEN_HOURS = 8
const named = (name: string): string => (has(`fields.${name}`) ? t(`fields.${name}`) : name)

/** What it is about, as the server says it is called, and what becomes of it: pairs to be read. An id alone says nothing to whoever approves. */
export function describe(one: Approval): { name: string; value: string }[] {
  const facts: { name: string; value: string }[] = []
  const given = { ...(one.body as Record<string, unknown> | null) }
  const person = one.act === 'operator.create'
  const endless = one.act === 'operator.token_create' && (given.expires_in ?? null) === null
  if (endless) delete given.expires_in
  const { kind, name, new_role: role, ...more } = one.about ?? ({} as Partial<NonNullable<Approval['about']>>)
  const target = /^\/v1\/(?:tsa\/)?[a-z-]+\/([^/?]+)/.exec(one.path.replace(/^\/v1\/tsa\/(units|roots)$/, ''))
  if (kind && name) facts.push({ name: t('approvals.target'), value: `${t(`approvals.kind.${kind}`)} ${kind === 'role' ? roleName({ role: name }) : name}` })
  else if (target?.[1]) facts.push({ name: t('approvals.target'), value: decodeURIComponent(target[1]) })
  for (const [fact, value] of Object.entries(more)) facts.push({ name: fact in given ? t('approvals.now', { what: named(fact) }) : named(fact), value: written(fact, value) })
  for (const [fact, value] of Object.entries(given)) facts.push({ name: person && fact === 'name' ? t('operators.name') : named(fact), value: fact === 'role' && role ? written('role', role) : written(fact, value) })
  if (endless) facts.push({ name: t('approvals.lasts'), value: t('approvals.lastsHours', { n: TOKEN_HOURS }) })
  return facts
}
