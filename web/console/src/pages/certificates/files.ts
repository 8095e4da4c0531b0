// Certificates and lists as files.
import { request } from '../../api'
import { fromBase64 } from '../../octets'
import { save } from '../../parts/download'

export { pemOf as pem } from '../../octets'
export const saveDer = (name: string, base64: string, type = 'application/pkix-cert') => save(`${name}.cer`, fromBase64(base64), type)
export const savePem = (name: string, text: string) => save(`${name}.pem`, text, 'application/x-pem-file')
/** What anybody may fetch, such as /pki/issuing.crl. */
export async function saveFetched(path: string, name: string) {
  save(name, await (await request('GET', path)).arrayBuffer(), 'application/pkix-crl')
}
