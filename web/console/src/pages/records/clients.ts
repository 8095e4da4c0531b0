// Who asked for a timestamp: "anonymous", "server", "system:<id>".
import { shallowRef, type ShallowRef } from 'vue'
import { api, type Schemas } from '../../api'
import { t } from '../../i18n'
import { may } from '../../session'

export function useSystems(): ShallowRef<Schemas['System'][]> {
  const systems = shallowRef<Schemas['System'][]>([])
  if (may('systems.read')) void api.get('/v1/systems', { query: { limit: 1000 } }).then(page => { systems.value = page.items }, () => undefined)
  return systems
}
export function clientName(client: string, systems: Schemas['System'][]): string {
  if (client === 'anonymous' || client === 'server' || client === 'others') return t(`records.clients.${client}`)
  const id = client.startsWith('system:') ? client.slice(7) : ''
  return systems.find(one => one.system === id)?.name ?? client
}
