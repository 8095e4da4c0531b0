// Octets as the API has them: base64, and PEM of it.
export function toBase64(octets: Uint8Array): string {
  let text = ''
  for (let at = 0; at < octets.length; at += 0x8000) text += String.fromCharCode(...octets.subarray(at, at + 0x8000))
  return btoa(text)
}
/** Throws where it is no base64. */
export const fromBase64 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text), letter => letter.charCodeAt(0))
/** base64: as the API gives it, in one line. */
export const pemOf = (base64: string, label = 'CERTIFICATE'): string => `-----BEGIN ${label}-----\n${base64.match(/.{1,64}/g)?.join('\n') ?? ''}\n-----END ${label}-----\n`
