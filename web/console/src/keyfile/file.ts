// The key file: the private key as EncryptedPrivateKeyInfo (PBES2: PBKDF2 with HMAC-SHA256, AES-256-CBC) and the certificate, in one PEM, as openssl
// and `yiqian operator login` read it (docs/spec/console.md).
import { fromBase64, toBase64 } from '../octets'
import { KeyError, type KeyEngine } from './engine'

export const ROUNDS = 600_000
const SALT = 16, IV = 16

/** wrong: the passphrase. damaged: no key file, or not whole. missing: the certificate is not in it. mismatch: the certificate is another key's. */
export class FileError extends Error {
  constructor(readonly code: 'wrong' | 'damaged' | 'unsupported' | 'missing' | 'mismatch') { super(code) }
}

export const pem = (label: string, data: Uint8Array): string => `-----BEGIN ${label}-----\n${toBase64(data).replace(/.{1,64}/g, '$&\n')}-----END ${label}-----\n`
/** The first block of this label; null where there is none. Throws FileError for one that is no base64. */
export function fromPem(label: string, text: string): Uint8Array | null {
  const found = new RegExp(`-----BEGIN ${label}-----([^-]*)-----END ${label}-----`).exec(text)?.[1]
  if (found === undefined) return null
  try { return fromBase64(found.replace(/\s+/g, '')) } catch { throw new FileError('damaged') }
}

async function cipher(passphrase: string, salt: Uint8Array, rounds: number): Promise<CryptoKey> {
  const typed = new TextEncoder().encode(passphrase.normalize('NFC'))
  const base = await crypto.subtle.importKey('raw', typed, 'PBKDF2', false, ['deriveKey'])
  typed.fill(0)
  return crypto.subtle.deriveKey({ name: 'PBKDF2', hash: 'SHA-256', salt: salt as BufferSource, iterations: rounds }, base, { name: 'AES-CBC', length: 256 }, false, ['encrypt', 'decrypt'])
}

/** The file's text. The private key stays the caller's, to be wiped. */
export async function sealFile(engine: KeyEngine, key: Uint8Array, certificate: Uint8Array, passphrase: string): Promise<string> {
  if (!engine.holds(key, certificate)) throw new FileError('mismatch')
  const salt = crypto.getRandomValues(new Uint8Array(SALT)), iv = crypto.getRandomValues(new Uint8Array(IV))
  const data = await crypto.subtle.encrypt({ name: 'AES-CBC', iv }, await cipher(passphrase, salt, ROUNDS), key as BufferSource)
  return pem('ENCRYPTED PRIVATE KEY', engine.seal(ROUNDS, salt, iv, new Uint8Array(data))) + pem('CERTIFICATE', certificate)
}

export interface OpenedFile { key: Uint8Array; certificate: Uint8Array }

/** What the file holds, which the caller wipes. Throws FileError. */
export async function openFile(engine: KeyEngine, text: string, passphrase: string): Promise<OpenedFile> {
  const sealed = fromPem('ENCRYPTED PRIVATE KEY', text)
  if (!sealed) throw new FileError('damaged')
  const certificate = fromPem('CERTIFICATE', text)
  if (!certificate) throw new FileError('missing')
  let parts
  try { parts = engine.open(sealed) } catch (error) { throw new FileError(error instanceof KeyError && error.code === 'unsupported' ? 'unsupported' : 'damaged') }
  const { salt, rounds, iv, data } = parts
  let key: Uint8Array
  try {
    key = new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-CBC', iv: iv as BufferSource }, await cipher(passphrase, salt, rounds), data as BufferSource))
  } catch { throw new FileError('wrong') } // the padding is what tells: a damaged file looks the same
  try {
    if (engine.holds(key, certificate)) return { key, certificate }
  } catch (error) {
    key.fill(0)
    // One passphrase of 256 leaves what looks like padding.
    throw new FileError(error instanceof KeyError && error.code === 'unsupported' ? 'unsupported' : 'wrong')
  }
  key.fill(0)
  throw new FileError('mismatch')
}

/** Whether a text may be a key file at all, to say so before a passphrase is asked for. */
export const looksLikeKeyFile = (text: string): boolean => text.includes('-----BEGIN ENCRYPTED PRIVATE KEY-----')

/** '' where it is good enough: what keeps the file's finder from guessing it. */
export function weakness(passphrase: string): '' | 'short' | 'plain' {
  if ([...passphrase].length < 12) return 'short'
  return new Set(passphrase).size < 5 || /^\d+$/.test(passphrase) ? 'plain' : ''
}
