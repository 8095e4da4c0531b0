// Bytes and texts of signatures, in and out.
import { toBase64 as base64Of } from '../../octets'

export { fromBase64 as bytesOf, pemOf as pem, toBase64 as base64Of } from '../../octets'

/** A file as it was dropped or pasted: base64 of its bytes; what is text of base64, hex or PEM as the server reads it stays that. */
export const read = async (file: File): Promise<Uint8Array> => new Uint8Array(await file.arrayBuffer())
const text = (bytes: Uint8Array): string | null => { try { return new TextDecoder('utf-8', { fatal: true }).decode(bytes) } catch { return null } }
/** DER, or PEM or base64 of it: base64 of the DER. Throws where it is none of these. */
export function derOf(bytes: Uint8Array): string {
  if (bytes[0] === 0x30) return base64Of(bytes)
  const said = text(bytes)?.trim() ?? ''
  const body = /-----BEGIN [A-Z0-9 ]+-----([\s\S]+?)-----END/.exec(said)?.[1] ?? said
  const packed = body.replace(/\s+/g, '')
  if (/^[0-9a-f]+$/i.test(packed) && packed.length % 2 === 0 && /^30/.test(packed)) return base64Of(Uint8Array.from(packed.match(/../g) ?? [], two => parseInt(two, 16)))
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(packed) || packed.length % 4) throw new Error('no DER')
  return packed
}
export const derOfText = (said: string): string => derOf(new TextEncoder().encode(said))

/** Certificates as base64: a PEM file may hold the signer's and, behind it, those of the CAs between; anything else is one. */
export function certificatesOf(bytes: Uint8Array): string[] {
  const blocks = new TextDecoder().decode(bytes).match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g)
  return blocks && blocks.length > 1 ? blocks.map(one => base64Of(new TextEncoder().encode(`${one}\n`))) : [base64Of(bytes)]
}
