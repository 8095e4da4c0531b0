// What only the finger opens. The authenticator's PRF output opens a private key that is kept encrypted; secrets are wrapped with its public
// half, which asks for nothing. Or the page has its own way (FingerprintPlatform), and is only asked.
import { YiqianError } from '../error.js'
import type { AskPage, Fingerprints, PageAnswer, Prepared } from '../platform.js'
import type { Storage } from './storage.js'

interface Sealed {
  iv: Uint8Array
  data: ArrayBuffer
}

interface Kept {
  credential: Uint8Array
  /** The input of the PRF. */
  salt: Uint8Array
  publicKey: ArrayBuffer
  /** PKCS #8, under the PRF's output. */
  privateKey: Sealed
  /** The secret, under what the two keys agree on. */
  ephemeral: ArrayBuffer
  secret: Sealed
}

const ECDH = { name: 'ECDH', namedCurve: 'P-256' }
const at = (name: string) => `fingerprint/${name}`
const { subtle } = crypto

const labelled = (label: string, name: string) => new TextEncoder().encode(`yiqian/fingerprint/1/${label}/${name}`)

/** A key of AES for one purpose from bytes that are secret and random. */
async function derive(secret: BufferSource, label: string, name: string): Promise<CryptoKey> {
  const base = await subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey'])
  const how = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(32), info: labelled(label, name) }
  return subtle.deriveKey(how, base, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}

async function seal(key: CryptoKey, content: BufferSource): Promise<Sealed> {
  const iv = crypto.getRandomValues(new Uint8Array(12))
  return { iv, data: await subtle.encrypt({ name: 'AES-GCM', iv }, key, content) }
}

const unseal = async (key: CryptoKey, { iv, data }: Sealed) =>
  new Uint8Array(await subtle.decrypt({ name: 'AES-GCM', iv: iv as BufferSource }, key, data))

/** What a private and a public key agree on, as a key for the secret. */
async function agree(privateKey: CryptoKey, publicKey: ArrayBuffer, name: string): Promise<CryptoKey> {
  const other = await subtle.importKey('raw', publicKey, ECDH, false, [])
  const shared = await subtle.deriveBits({ name: 'ECDH', public: other }, privateKey, 256)
  const key = await derive(shared, 'secret', name)
  new Uint8Array(shared).fill(0)
  return key
}

export class PrfFingerprints implements Fingerprints {
  constructor(private readonly storage: Storage) {}

  async wrap(name: string, secret: Uint8Array, _ask: AskPage, prepared?: Prepared): Promise<void> {
    const key = prepared ? await this.fresh(name, prepared) : await this.storage.loadKey<Kept>(at(name))
    if (!key) throw new YiqianError('fingerprint_failed')
    const pair = await subtle.generateKey(ECDH, false, ['deriveBits']) as CryptoKeyPair
    const sealed = await seal(await agree(pair.privateKey, key.publicKey, name), secret as BufferSource)
    const ephemeral = await subtle.exportKey('raw', pair.publicKey)
    await this.storage.saveKey(at(name), { ...key, ephemeral, secret: sealed } satisfies Kept)
  }

  /** A new private key under what the page prepared. The output is taken before anything is waited for: the call may end, which wipes it. */
  private async fresh(name: string, { credential, salt, prf }: Prepared): Promise<Omit<Kept, 'ephemeral' | 'secret'>> {
    const key = await derive(prf as BufferSource, 'key', name)
    const pair = await subtle.generateKey(ECDH, true, ['deriveBits']) as CryptoKeyPair
    const encoded = await subtle.exportKey('pkcs8', pair.privateKey)
    const privateKey = await seal(key, encoded)
    new Uint8Array(encoded).fill(0)
    return { credential: Uint8Array.from(credential), salt: Uint8Array.from(salt), publicKey: await subtle.exportKey('raw', pair.publicKey), privateKey }
  }

  async unwrap(name: string, prompt: string, ask: AskPage): Promise<Uint8Array> {
    const kept = await this.storage.loadKey<Kept>(at(name))
    if (!kept) throw new YiqianError('fingerprint_off')
    const prf = bytesOf(await ask({ act: 'prf', credential: kept.credential, salt: kept.salt, prompt }))
    try {
      const encoded = await unseal(await derive(prf as BufferSource, 'key', name), kept.privateKey)
      const privateKey = await subtle.importKey('pkcs8', encoded, ECDH, false, ['deriveBits'])
      encoded.fill(0)
      return await unseal(await agree(privateKey, kept.ephemeral, name), kept.secret)
    } catch {
      throw new YiqianError('fingerprint_off') // the authenticator has another secret now
    } finally {
      prf.fill(0)
    }
  }

  erase(name: string): Promise<void> { return this.storage.eraseKey(at(name)) }
}

function bytesOf({ status, bytes }: PageAnswer): Uint8Array {
  if (status !== 'ok') throw new YiqianError(status)
  if (!bytes) throw new YiqianError('fingerprint_failed')
  return bytes
}

export class PageFingerprints implements Fingerprints {
  async wrap(name: string, secret: Uint8Array, ask: AskPage) {
    const { status } = await ask({ act: 'wrap', name, secret })
    if (status !== 'ok') throw new YiqianError(status)
  }

  async unwrap(name: string, prompt: string, ask: AskPage) { return bytesOf(await ask({ act: 'unwrap', name, prompt })) }

  async erase(name: string, ask: AskPage) {
    const { status } = await ask({ act: 'erase', name })
    if (status !== 'ok') throw new YiqianError(status)
  }
}
