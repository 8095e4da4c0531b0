// What an act that waits for approval will do, in words.
import { shallowReactive } from 'vue'
import { api, type Row1 } from '../../api'
import { has, t } from '../../i18n'
import { fromBase64, fromPem } from '../../keyfile'
import { may } from '../../session'
import { roleName } from './roles'

export type Approval = Row1<'/v1/approvals'>

/** The operators that acts are about, by id: asked for once. */
const people = shallowReactive(new Map<string, string>())
const asked = new Set<string>()
function personOf(id: string): string {
  if (!asked.has(id) && may('operators.read')) {
    asked.add(id)
    void api.get('/v1/operators/{operator}', { path: { operator: id }, background: true }).then(one => { people.set(id, `${one.name} (${one.staff_no})`) }, () => undefined)
  }
  return people.get(id) ?? id
}

/** The alarm channels, by id: likewise. */
const channels = shallowReactive(new Map<string, string>())
let channelsAsked = false
function channelOf(id: string): string {
  if (!channelsAsked && may('system.read')) {
    channelsAsked = true
    void api.get('/v1/alarm-channels', { background: true }).then(({ items }) => { for (const one of items) channels.set(one.channel, one.name) }, () => undefined)
  }
  return channels.get(id) ?? id
}
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

/** What it is about, and what becomes of it: pairs to be read. */
export function describe(one: Approval): { name: string; value: string }[] {
  const facts: { name: string; value: string }[] = []
  const target = /^\/v1\/([a-z-]+)\/([^/?]+)/.exec(one.path.replace(/^\/v1\/tsa\//, '/v1/'))
  if (target?.[1] && target[2]) {
    const id = decodeURIComponent(target[2])
    facts.push({ name: t('approvals.target'), value: target[1] === 'operators' ? personOf(id) : target[1] === 'roles' ? roleName({ role: id }) : target[1] === 'alarm-channels' ? channelOf(id) : id })
  }
  for (const [name, value] of Object.entries((one.body ?? {}) as Record<string, unknown>)) {
    const known = has(`fields.${name}`) ? t(`fields.${name}`) : name
    const text = value === null ? t('shell.none') : typeof value === 'boolean' ? t(value ? 'policy.allowed' : 'policy.forbidden') : Array.isArray(value) ? value.map(String).join(t('roles.and')) : typeof value === 'object' ? JSON.stringify(value) : String(value)
    if (name === 'certificate' && printOf(text)) facts.push({ name: known, value: printOf(text) })
    else facts.push({ name: known, value: name === 'role' ? roleName({ role: text }) : name === 'state' && has(`state.${text}`) ? t(`state.${text}`) : text.length > 120 ? `${text.slice(0, 120)}…` : text })
  }
  return facts
}
