// P-256 keys that authenticate this device: made by WebCrypto, not extractable, kept in IndexedDB.
import type { Storage } from './storage.js'

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256' }
const at = (name: string) => `credential/${name}`

export class Credentials {
  constructor(private readonly storage: Storage) {}

  /** One device has the storage, and its calls run one after another: so nobody makes a key of that name meanwhile. */
  async create(name: string): Promise<Uint8Array> {
    let pair = await this.storage.loadKey<CryptoKeyPair>(at(name))
    if (!pair) {
      pair = await crypto.subtle.generateKey(ECDSA, false, ['sign'])
      await this.storage.saveKey(at(name), pair)
    }
    return new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))
  }

  async sign(name: string, message: Uint8Array): Promise<Uint8Array | null> {
    const pair = await this.storage.loadKey<CryptoKeyPair>(at(name))
    return pair ? new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, message as BufferSource)) : null
  }

  erase(name: string): Promise<void> { return this.storage.eraseKey(at(name)) }
}
