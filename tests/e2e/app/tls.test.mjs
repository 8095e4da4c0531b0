// TLS by the root that `yiqian tls make` makes, as a phone's browser meets it once it trusts the root.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { after, before, test } from 'node:test'
import { Stage } from './stage.mjs'

const NAME = 'sign.hospital.example'
// Names lead to this machine; nothing else is asked.
const RESOLVE = [`--host-resolver-rules=MAP ${NAME} 127.0.0.1, MAP bank.example 127.0.0.1, MAP new.${NAME} 127.0.0.1`]
const TLS = ['--tls-certificate', 'tls/server.pem', '--tls-key', 'tls/server.key', '--tls-root', 'tls/root.pem', '--public-url', `https://${NAME}`]

let stage, browser
before(async () => {
  stage = Stage.open()
  stage.run('yiqian', 'tls', 'make', '--name', NAME, '--address', '127.0.0.1', 'tls')
  await stage.start(...TLS)
  browser = await stage.browser('phone', ['tls/root.pem'], RESOLVE)
}, { timeout: 120000 })
after(() => stage?.close())

async function open(host = NAME) {
  const page = await (await browser.newContext()).newPage()
  await page.goto(`https://${host}:${stage.port}/`)
  await page.waitForFunction(() => window.ready)
  return page
}

/** A fingerprint that the person lays on at once. */
async function addAuthenticator(page) {
  const session = await page.context().newCDPSession(page)
  await session.send('WebAuthn.enable')
  await session.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, hasPrf: true, automaticPresenceSimulation: true } })
}

const register = () => navigator.credentials.create({ publicKey: {
  rp: { name: 'yiqian' }, user: { id: new Uint8Array(16), name: 'D1001', displayName: 'D1001' }, challenge: new Uint8Array(32),
  pubKeyCredParams: [{ type: 'public-key', alg: -7 }], authenticatorSelection: { userVerification: 'required', residentKey: 'required' }, extensions: { prf: {} },
} }).then(made => made.getClientExtensionResults().prf?.enabled, e => e.name)

test('the page is a secure context, under the name and under the address', async () => {
  for (const host of [NAME, '127.0.0.1']) {
    const page = await open(host)
    assert.equal(page.url(), `https://${host}:${stage.port}/app/`)
    assert.equal(await page.evaluate(() => window.isSecureContext && Boolean(navigator.serviceWorker && crypto.subtle && navigator.mediaDevices)), true)
  }
})

test('a fingerprint gives its secret under the name, twice the same', async () => {
  const page = await open()
  await addAuthenticator(page)
  assert.equal(await page.evaluate(register), true)
  const secret = () => page.evaluate(async () => {
    const got = await navigator.credentials.get({ publicKey: { challenge: new Uint8Array(32), userVerification: 'required', extensions: { prf: { eval: { first: new Uint8Array(32) } } } } })
    return [...new Uint8Array(got.getClientExtensionResults().prf.results.first)].join()
  })
  const first = await secret()
  assert.equal(first.split(',').length, 32)
  assert.equal(await secret(), first)
})

test('but not under an address: a relying party is a name', async () => {
  const page = await open('127.0.0.1')
  await addAuthenticator(page)
  assert.equal(await page.evaluate(register), 'SecurityError')
})

test('who does not trust the root does not get in; it is there to be downloaded', async () => {
  const stranger = await stage.browser('stranger', [], RESOLVE)
  const page = await (await stranger.newContext()).newPage()
  await assert.rejects(page.goto(`https://${NAME}:${stage.port}/`), /ERR_CERT_AUTHORITY_INVALID/)
  const der = await (await open()).evaluate(async () => [...new Uint8Array(await (await fetch('/app/tls-root.cer')).arrayBuffer())])
  assert.deepEqual(Buffer.from(der), readFileSync(stage.at('tls/root.cer')))
})

test('a stolen root key impersonates no other site', async () => {
  writeFileSync(stage.at('bank.ext'), 'subjectAltName=DNS:bank.example\nextendedKeyUsage=serverAuth\n')
  stage.run('openssl', 'req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'bank.key', '-out', 'bank.csr', '-subj', '/CN=bank.example')
  stage.run('openssl', 'x509', '-req', '-in', 'bank.csr', '-CA', 'tls/root.pem', '-CAkey', 'tls/root.key', '-out', 'bank.pem', '-days', '30', '-extfile', 'bank.ext')
  const bank = createServer({ key: readFileSync(stage.at('bank.key')), cert: readFileSync(stage.at('bank.pem')) }, (request, response) => response.end('bank'))
  await new Promise(done => bank.listen(0, '127.0.0.1', done))
  const page = await (await browser.newContext()).newPage()
  await assert.rejects(page.goto(`https://bank.example:${bank.address().port}/`), /ERR_CERT_/)
  bank.close()
})

test('a renewed certificate needs no new trust, nor does a name below the old one', async () => {
  const before = readFileSync(stage.at('tls/server.pem'), 'utf8')
  stage.run('yiqian', 'tls', 'renew', '--name', NAME, '--name', `new.${NAME}`, 'tls')
  assert.notEqual(readFileSync(stage.at('tls/server.pem'), 'utf8'), before)
  await stage.stop()
  await stage.start(...TLS)
  for (const host of [NAME, `new.${NAME}`]) assert.equal(await (await open(host)).evaluate(() => window.isSecureContext), true)
})
