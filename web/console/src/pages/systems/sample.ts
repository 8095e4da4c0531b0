// A first request of a business system, ready to be run: signed with HMAC-SM3 as docs/api/openapi.yaml describes it, by what every machine has.
import { address, type Schemas } from '../../api'

export interface Secret { key_id: string; secret: string; scopes: Schemas['SystemScope'][] }

/** Something that this credential may ask. */
function request(scopes: string[]): { method: string; path: string; body: string } {
  if (scopes.includes('tasks')) return { method: 'GET', path: '/v1/tasks?limit=1', body: '' }
  if (scopes.includes('users')) return { method: 'GET', path: '/v1/users?limit=1', body: '' }
  if (scopes.includes('timestamps')) return { method: 'POST', path: '/v1/timestamps', body: `{"hash":"sm3","imprint":"${'q'.repeat(42)}g="}` }
  return { method: 'POST', path: '/v1/verify', body: '{}' }
}

/** For a shell: curl and OpenSSL 3. */
export function curlSample({ key_id, secret, scopes }: Secret): string {
  const { method, path, body } = request(scopes)
  return `SERVER='${address('').replace(/\/$/, '')}'
KEY='${key_id}'
SECRET='${secret}'
METHOD='${method}'
TARGET='${path}'
BODY='${body}'
TIME=$(date +%s)
NONCE=$(openssl rand -hex 16)
DIGEST=$(printf %s "$BODY" | openssl dgst -sm3 -r | cut -d' ' -f1)
MAC=$(printf '%s\\n%s\\n%s\\n%s\\n%s' "$METHOD" "$TARGET" "$DIGEST" "$TIME" "$NONCE" | openssl dgst -sm3 -hmac "$SECRET" -r | cut -d' ' -f1)
curl -sS -X "$METHOD" "$SERVER$TARGET"${body ? ` -H 'Content-Type: application/json' --data-raw "$BODY"` : ''} \\
  -H "Authorization: YQ1-HMAC-SM3 key=$KEY, time=$TIME, nonce=$NONCE, signature=$MAC"
`
}

/** For Python 3 with an OpenSSL that knows SM3. */
export function pythonSample({ key_id, secret, scopes }: Secret): string {
  const { method, path, body } = request(scopes)
  return `import hashlib, hmac, secrets, time, urllib.request

SERVER = '${address('').replace(/\/$/, '')}'
KEY = '${key_id}'
SECRET = '${secret}'

def call(method, target, body=b''):
    now, nonce = str(int(time.time())), secrets.token_urlsafe(18)
    digest = hashlib.new('sm3', body).hexdigest()
    text = '\\n'.join((method, target, digest, now, nonce))
    mac = hmac.new(SECRET.encode(), text.encode(), 'sm3').hexdigest()
    headers = {'Authorization': f'YQ1-HMAC-SM3 key={KEY}, time={now}, nonce={nonce}, signature={mac}'}
    if body:
        headers['Content-Type'] = 'application/json'
    request = urllib.request.Request(SERVER + target, body or None, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        return answer.read().decode()

print(call('${method}', '${path}'${body ? `, b'${body}'` : ''}))
`
}

/** The file that \`yiqian --credential\` and the SDKs' examples read. */
export const credentialFile = ({ key_id, secret }: Secret): string =>
  `${JSON.stringify({ server: address('').replace(/\/$/, ''), key: key_id, secret }, null, 2)}\n`
