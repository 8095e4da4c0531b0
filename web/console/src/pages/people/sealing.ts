// A seal to the server: the octets of a PNG, not JSON.
import { call, urlOf, type Schemas } from '../../api'

export const putSeal = (user: string, png: Blob): Promise<Schemas['Seal']> => call<Schemas['Seal']>('PUT', '/v1/users/{user}/seal', { path: { user }, blob: png })

/** version: of what is shown, so that a new picture is fetched. */
export const sealAddress = (user: string, version: number | string): string => `${urlOf('/v1/users/{user}/seal', { path: { user } })}?${version}`
