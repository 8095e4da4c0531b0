// One signature's story as a line of time: what the rows say and what the audit log has of it, each thing once.
import type { Answer } from '../../api'
import { has, t } from '../../i18n'

export type Story = Answer<'/v1/signatures/{task}'>
export interface Step { time: string; event: string; who: string; device: string; origin: string; outcome: string; detail: string; sequence: number | null; kind: 'ok' | 'bad' | 'info' | '' }

const good = new Set(['task.sign', 'timestamp'])
const kindOf = (event: string, outcome: string): Step['kind'] => (outcome !== 'ok' ? 'bad' : good.has(event) ? 'ok' : /withdraw|decline|cancel|expire/.test(event) ? 'info' : '')

export const reasonOf = (reason: string) => (has(`certificates.reasons.${reason}`) ? t(`certificates.reasons.${reason}`) : reason)

export function stepsOf(story: Story): Step[] {
  const { task } = story
  const steps: Step[] = story.events.map(event => ({
    time: event.time, event: event.event, who: event.actor_name ?? event.actor ?? '', device: event.device ?? '', origin: event.origin ?? '', outcome: event.outcome, detail: event.detail ?? '', sequence: event.sequence,
    kind: kindOf(event.event, event.outcome),
  }))
  /** What the rows know, unless an audit row of that very moment says it. */
  const add = (time: string | null | undefined, event: string, more: Partial<Step> = {}) => {
    if (!time || steps.some(step => step.event === event && step.outcome === 'ok' && Math.abs(Date.parse(step.time) - Date.parse(time)) < 1000)) return
    steps.push({ time, event, who: '', device: '', origin: '', outcome: 'ok', detail: '', sequence: null, kind: kindOf(event, 'ok'), ...more })
  }
  add(task.created_at, 'task.create', { who: task.system.name })
  add(story.authorisation?.approved_at, 'authorisation.approve', { who: task.signer.name, device: story.authorisation?.workstation.name ?? '' })
  add(story.claim?.claimed_at, 'task.claim', { who: task.signer.name, device: story.key?.device_name ?? '' })
  add(task.signature?.signed_at, 'task.sign', { who: task.signer.name, device: story.key?.device_name ?? '' })
  add(task.timestamp.time, 'timestamp', { detail: task.timestamp.serial ?? '' })
  const ends: Record<string, string> = { declined: 'task.decline', cancelled: 'task.cancel', expired: 'task.expire', withdrawn: 'task.withdraw' }
  if (ends[task.state]) add(task.finished_at, ends[task.state] as string, { detail: task.reason ?? '' })
  if (story.certificate?.revoked_at) add(story.certificate.revoked_at, 'certificate.revoke', { detail: reasonOf(story.certificate.reason ?? ''), kind: 'bad' })
  return steps.sort((a, b) => Date.parse(a.time) - Date.parse(b.time) || (a.sequence ?? Infinity) - (b.sequence ?? Infinity))
}
