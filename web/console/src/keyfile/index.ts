// The key file in this browser: loaded when it is first needed.
import wasm from '../../../../build/wasm/sdk/wasm/yiqian-key.wasm?url'
import { KeyEngine } from './engine'

let engine: Promise<KeyEngine> | null = null
export function keyEngine(): Promise<KeyEngine> {
  engine ??= KeyEngine.open(fetch(wasm, { credentials: 'same-origin' })).catch(error => { engine = null; throw error })
  return engine
}
/** WebCrypto is there over TLS, and on the server's own machine. */
export const canSeal = (): boolean => isSecureContext && typeof crypto.subtle !== 'undefined'
export { KeyError } from './engine'
export { FileError, fromPem, looksLikeKeyFile, openFile, pem, sealFile, weakness } from './file'
export { fromBase64, toBase64 } from '../octets'
