// Acts that wait for another person: how many of them this one may decide, for the badge.
import { ref } from 'vue'
import { api } from './api'
import { session } from './session'

export const approvalsWaiting = ref(0)
export async function lookForApprovals() {
  if (!session.now || document.hidden) return
  const list = await api.get('/v1/approvals', { query: { state: 'pending', limit: 100 }, background: true }).catch(() => null)
  if (list) approvalsWaiting.value = list.items.filter(one => one.may_approve && !one.own).length
}
