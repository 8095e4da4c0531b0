import { YiqianError } from '../error.js'
import type { Opening } from '../messages.js'
import type { OpenPlatform } from '../service.js'
import { Credentials } from './credential.js'
import { PageFingerprints, PrfFingerprints } from './fingerprint.js'
import { takeLock } from './lock.js'
import { Storage } from './storage.js'
import { exchange } from './transport.js'

const PIECE = 65536

/** getRandomValues fills no more at once. */
function random(out: Uint8Array) {
  for (let at = 0; at < out.length; at += PIECE) crypto.getRandomValues(out.subarray(at, at + PIECE))
}

const none = () => Promise.reject(new YiqianError('storage_failed'))

/** For what stores nothing and asks nobody. */
const bare: OpenPlatform = {
  load: none, save: none, erase: none, exchange: none, createCredential: none, sign: none, eraseCredential: none, random,
  fingerprint: { wrap: none, unwrap: none, erase: none }, close() {},
}

export async function openBrowserPlatform({ what, storage: name, takeOver, fingerprint }: Opening, lost: () => void): Promise<OpenPlatform> {
  if (what === 'codes') return bare
  // Without a secure context (https, or this machine) a browser has neither.
  if (!globalThis.crypto?.subtle || !navigator.locks) throw new YiqianError('credential_failed')
  const release = await takeLock(name, takeOver, lost)
  try {
    const storage = await Storage.open(name)
    const credentials = new Credentials(storage)
    return {
      load: record => storage.load(record),
      save: (record, content) => storage.save(record, content),
      erase: record => storage.erase(record),
      exchange,
      random,
      createCredential: credential => credentials.create(credential),
      sign: (credential, message) => credentials.sign(credential, message),
      eraseCredential: credential => credentials.erase(credential),
      fingerprint: fingerprint === 'webauthn' ? new PrfFingerprints(storage) : new PageFingerprints(),
      close() {
        storage.close()
        release()
      },
    }
  } catch {
    release()
    throw new YiqianError('storage_failed')
  }
}
