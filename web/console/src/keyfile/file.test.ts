// The key file against OpenSSL, which knows SM2: it reads what is made here, and what it makes is read.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KeyEngine } from './engine'
import { fromPem, openFile, pem, sealFile, weakness } from './file'

const PASSPHRASE = '晨会 before rounds 7'
let engine: KeyEngine
const folder = mkdtempSync(join(tmpdir(), 'keyfile.'))
const at = (name: string) => join(folder, name)
const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
/** A certificate of its own for the key, by OpenSSL. */
function certify(key: Uint8Array): Uint8Array {
  writeFileSync(at('plain.pem'), pem('PRIVATE KEY', key))
  openssl('req', '-new', '-x509', '-sm3', '-sigopt', 'distid:1234567812345678', '-key', 'plain.pem', '-subj', '/CN=test', '-days', '2', '-out', 'cert.pem')
  return fromPem('CERTIFICATE', readFileSync(at('cert.pem'), 'utf8')) as Uint8Array
}

beforeAll(async () => { engine = await KeyEngine.open(readFileSync(new URL('../../../../build/wasm/sdk/wasm/yiqian-key.wasm', import.meta.url))) })
afterAll(() => rmSync(folder, { recursive: true }))

describe('the key', () => {
  it('is new each time, and OpenSSL takes it', () => {
    const key = engine.make()
    expect(key).not.toEqual(engine.make())
    writeFileSync(at('key.der'), key)
    expect(openssl('pkey', '-inform', 'DER', '-in', 'key.der', '-noout', '-text')).toContain('SM2')
    expect(openssl('pkey', '-inform', 'DER', '-in', 'key.der', '-noout', '-check')).toContain('valid')
  })
  it('asks for a certificate', () => {
    const key = engine.make()
    writeFileSync(at('request.der'), engine.request(key, '林晓岚'))
    expect(openssl('req', '-inform', 'DER', '-in', 'request.der', '-noout', '-subject', '-nameopt', 'utf8')).toContain('林晓岚')
    openssl('req', '-inform', 'DER', '-in', 'request.der', '-noout', '-verify', '-vfyopt', 'distid:1234567812345678')
    expect(() => engine.request(key, 'x'.repeat(65))).toThrow('refused')
  })
  it('signs as SM2 does', () => {
    const key = engine.make(), message = new TextEncoder().encode('challenge')
    certify(key)
    writeFileSync(at('message'), message)
    writeFileSync(at('signature'), engine.sign(key, message))
    openssl('x509', '-in', 'cert.pem', '-pubkey', '-noout', '-out', 'public.pem')
    const verify = () => openssl('pkeyutl', '-verify', '-pubin', '-inkey', 'public.pem', '-in', 'message', '-sigfile', 'signature', '-rawin', '-digest', 'sm3', '-pkeyopt', 'distid:1234567812345678')
    expect(verify()).toContain('Verified')
    writeFileSync(at('message'), 'another')
    expect(verify).toThrow()
  })
  it('that is none is refused', () => {
    const key = engine.make()
    for (let i = 0; i < key.length; i++) {
      const bad = key.slice()
      bad[i]! ^= 0x41
      expect(() => engine.sign(bad, new Uint8Array(1)), `byte ${i}`).toThrow()
    }
    expect(() => engine.sign(key.slice(0, -1), new Uint8Array(1))).toThrow('refused')
    expect(() => engine.sign(key, new Uint8Array(1 << 15))).toThrow('refused')
  })
})

describe('the file', () => {
  it('is read by OpenSSL, by its passphrase alone, and again here', async () => {
    const key = engine.make(), certificate = certify(key)
    const text = await sealFile(engine, key, certificate, PASSPHRASE)
    writeFileSync(at('file.pem'), text)
    const plain = openssl('pkey', '-in', 'file.pem', '-passin', `pass:${PASSPHRASE}`, '-outform', 'PEM')
    expect(plain).toContain('PRIVATE KEY')
    expect(fromPem('PRIVATE KEY', plain)).toEqual(key)
    expect(() => openssl('pkey', '-in', 'file.pem', '-passin', 'pass:wrong one', '-noout')).toThrow()
    expect(openssl('asn1parse', '-in', 'file.pem')).toMatch(/PBES2[\s\S]*PBKDF2[\s\S]*:0927C0[\s\S]*hmacWithSHA256[\s\S]*aes-256-cbc/)
    expect(openssl('x509', '-in', 'file.pem', '-noout', '-subject')).toContain('test')
    expect(await openFile(engine, text, PASSPHRASE)).toEqual({ key, certificate })
    expect(await openFile(engine, text.replaceAll('\n', '\r\n'), PASSPHRASE)).toEqual({ key, certificate })
  })
  it('of OpenSSL is read', async () => {
    const key = engine.make(), certificate = certify(key)
    openssl('pkcs8', '-topk8', '-in', 'plain.pem', '-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA256', '-iter', '10000', '-passout', `pass:${PASSPHRASE}`, '-out', 'theirs.pem')
    const text = `${readFileSync(at('cert.pem'), 'utf8')}some text\n${readFileSync(at('theirs.pem'), 'utf8')}`
    expect(await openFile(engine, text, PASSPHRASE)).toEqual({ key, certificate })
  })
  it('that is not as it should be says how', async () => {
    const key = engine.make(), certificate = certify(key)
    const text = await sealFile(engine, key, certificate, PASSPHRASE)
    const says = (text: string, passphrase = PASSPHRASE) => expect(openFile(engine, text, passphrase)).rejects
    await says(text, 'another passphrase').toMatchObject({ code: 'wrong' })
    await says('').toMatchObject({ code: 'damaged' })
    await says(text.replace(/M/, '!')).toMatchObject({ code: 'damaged' })
    await says(text.slice(0, text.indexOf('-----BEGIN CERTIFICATE'))).toMatchObject({ code: 'missing' })
    const other = certify(engine.make())
    await says(text.slice(0, text.indexOf('-----BEGIN CERTIFICATE')) + pem('CERTIFICATE', other)).toMatchObject({ code: 'mismatch' })
    writeFileSync(at('plain.pem'), pem('PRIVATE KEY', key))
    for (const options of [['-v2', 'aes-128-cbc'], ['-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA1'], ['-scrypt']]) {
      openssl('pkcs8', '-topk8', '-in', 'plain.pem', ...options, '-passout', `pass:${PASSPHRASE}`, '-out', 'other.pem')
      await says(readFileSync(at('other.pem'), 'utf8') + pem('CERTIFICATE', certificate)).toMatchObject({ code: 'unsupported' })
    }
    await expect(sealFile(engine, key, other, PASSPHRASE)).rejects.toMatchObject({ code: 'mismatch' })
  })
  it('passphrases that are guessed at once are not taken', () => {
    expect(['short', '123456789012', 'aaaabbbbaaaa', PASSPHRASE, '病历不得随意涂改请妥善保管'].map(weakness)).toEqual(['short', 'plain', 'plain', '', ''])
  })
})
