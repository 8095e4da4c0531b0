import { fromBase64, keyEngine, sealFile, toBase64 } from '../../keyfile'

/** What gets a certificate: base64 of the request in, base64 of the certificate out, both DER. */
export type Issue = (csr: string) => Promise<string>

/** A key file's text. The private key is wiped before this returns. */
export async function makeKeyFile(name: string, passphrase: string, issue: Issue): Promise<string> {
  const engine = await keyEngine()
  const key = engine.make()
  try {
    const certificate = await issue(toBase64(engine.request(key, name)))
    return await sealFile(engine, key, fromBase64(certificate), passphrase)
  } finally { key.fill(0) }
}
