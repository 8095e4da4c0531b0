// The page's part of the fingerprint: WebAuthn is there only, and so is what an app's shell has.
import { YiqianError } from '../error.js'
import type { PageAnswer, PageQuestion } from '../platform.js'
import type { Fingerprint, FingerprintPlatform, Status } from '../types.js'

/** A new credential of the authenticator's, and its PRF output for the salt. */
export interface Made {
  credential: Uint8Array
  salt: Uint8Array
  prf: Uint8Array
}

export interface PageFingerprint {
  available(): Promise<Fingerprint>
  /** In the click that turns it on; null: nothing is to be made here. */
  prepare(label: string): Promise<Made | null>
  answer(question: PageQuestion): Promise<PageAnswer>
}

const TIMEOUT_MS = 60_000
const NAME = '医签 Yiqian'
const missing: Fingerprint = { available: false, reason: 'missing' }

/** RP IDs are names: an address has no fingerprint. */
const isAddress = (host: string) => /^[\d.]+$/.test(host) || host.startsWith('[')

const bytesOf = (source: BufferSource) => source instanceof ArrayBuffer ? new Uint8Array(source) : new Uint8Array(source.buffer, source.byteOffset, source.byteLength)

/** Browsers say NotAllowedError for no as well as for silence. */
const statusOf = (error: unknown): 'cancelled' | 'fingerprint_failed' =>
  error instanceof DOMException && (error.name === 'NotAllowedError' || error.name === 'AbortError') ? 'cancelled' : 'fingerprint_failed'

const outputOf = (credential: PublicKeyCredential): Uint8Array | null => {
  const first = credential.getClientExtensionResults().prf?.results?.first
  return first ? bytesOf(first).slice() : null
}

export class WebAuthnFingerprint implements PageFingerprint {
  async available(): Promise<Fingerprint> {
    if (!isSecureContext || isAddress(location.hostname)) return { available: false, reason: 'insecure' }
    if (!globalThis.PublicKeyCredential || !await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable()) return missing
    const can = await (PublicKeyCredential as unknown as { getClientCapabilities?(): Promise<Record<string, boolean>> }).getClientCapabilities?.()
    return can?.['extension:prf'] === false ? missing : { available: true, reason: '' }
  }

  /** Nothing is kept by the authenticator but the credential, which is good for nothing but its PRF; nothing about the device is asked. */
  async prepare(label: string): Promise<Made> {
    if (!(await this.available()).available) throw new YiqianError('fingerprint_off')
    const salt = crypto.getRandomValues(new Uint8Array(32))
    const created = await this.create(label, salt)
    const credential = new Uint8Array(created.rawId)
    if (!created.getClientExtensionResults().prf?.enabled) throw new YiqianError('fingerprint_off') // no PRF: never without
    return { credential, salt, prf: outputOf(created) ?? await this.evaluate(credential, salt) }
  }

  private async create(label: string, salt: Uint8Array<ArrayBuffer>): Promise<PublicKeyCredential> {
    try {
      return await navigator.credentials.create({
        publicKey: {
          rp: { name: NAME },
          user: { id: crypto.getRandomValues(new Uint8Array(16)), name: label, displayName: label },
          challenge: crypto.getRandomValues(new Uint8Array(32)),
          pubKeyCredParams: [{ type: 'public-key', alg: -7 }, { type: 'public-key', alg: -257 }],
          authenticatorSelection: { authenticatorAttachment: 'platform', residentKey: 'discouraged', userVerification: 'required' },
          attestation: 'none', timeout: TIMEOUT_MS, extensions: { prf: { eval: { first: salt } } },
        },
      }) as PublicKeyCredential
    } catch (error) {
      throw new YiqianError(statusOf(error))
    }
  }

  private async evaluate(credential: Uint8Array, salt: Uint8Array): Promise<Uint8Array> {
    let output: Uint8Array | null
    try {
      output = outputOf(await navigator.credentials.get({
        publicKey: {
          challenge: crypto.getRandomValues(new Uint8Array(32)), userVerification: 'required', timeout: TIMEOUT_MS,
          allowCredentials: [{ type: 'public-key', id: credential as BufferSource, transports: ['internal'] }],
          extensions: { prf: { eval: { first: salt as BufferSource } } },
        },
      }) as PublicKeyCredential)
    } catch (error) {
      throw new YiqianError(statusOf(error))
    }
    if (!output) throw new YiqianError('fingerprint_off')
    return output
  }

  async answer(question: PageQuestion): Promise<PageAnswer> {
    return answered(async () => {
      if (question.act !== 'prf') throw new YiqianError('fingerprint_failed')
      return this.evaluate(question.credential, question.salt)
    })
  }
}

/** The shell's own, which keeps the secrets itself. */
export class ShellFingerprint implements PageFingerprint {
  constructor(private readonly shell: FingerprintPlatform) {}

  available() { return this.shell.available() }

  async prepare() { return null }

  answer(question: PageQuestion): Promise<PageAnswer> {
    return answered(async () => {
      if (question.act === 'unwrap') return this.shell.unwrap(question.name, question.prompt)
      if (question.act === 'erase') await this.shell.erase(question.name)
      if (question.act === 'wrap') await this.shell.wrap(question.name, question.secret).finally(() => question.secret.fill(0))
      return undefined
    })
  }
}

async function answered(act: () => Promise<Uint8Array | undefined>): Promise<PageAnswer> {
  try {
    return { status: 'ok', bytes: await act() }
  } catch (error) {
    const said: Status = error instanceof YiqianError ? error.status : 'fingerprint_failed'
    return { status: said === 'cancelled' || said === 'fingerprint_off' ? said : 'fingerprint_failed' }
  }
}
