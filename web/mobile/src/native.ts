/* The app's shells (apps/android, apps/ios): the page is the same, and this is what it has of the phone beyond a browser. In a browser openShell() gives null.
 *
 * Both shells take and give the same messages, docs/spec/shell.md: {call, ...} in, {result} or {error} out, as JSON. Android hands them over on a message port that
 * only the main frame of the app's own origin is sent; iOS by WebKit's message handler with reply, which sees the frame and the origin of the sender. */
import type { Fingerprint, FingerprintPlatform, Status } from '@yiqian/device'

/** What a shell refuses with: a YiqianError in all but the class, so that pages and SDK treat it as one. */
export class ShellError extends Error {
  readonly problem = null
  readonly results = null
  constructor(readonly status: Status, detail = '') {
    super(detail || status)
    this.name = 'ShellError'
  }
}

export interface Shell {
  readonly platform: 'android' | 'ios'
  readonly version: string
  /** Origin of the chosen server, the only one that the page reaches; '' for none yet. */
  readonly server: string
  /** A build for development: http to this machine is allowed beside https. */
  readonly development: boolean
  /** Keeps the origin of the URL. It takes effect when the page is loaded anew (location.reload()): which server a page reaches is in its headers.
   * Throws invalid_argument: not https (or, in development, http to loopback), or with a user name. */
  setServer(url: string): Promise<void>
  readonly fingerprint: FingerprintPlatform
  /** Asks the person, where the system wants that, whether the app may notify; false: not. Call it from a page that says what for. */
  allowNotifications(): Promise<boolean>
  /** Says by a notification that so many tasks wait, unless the app is being looked at; 0 takes it away. The text is the shell's own and names nobody. */
  notify(tasks: number): Promise<void>
}

interface Answer {
  result?: unknown
  error?: unknown
  detail?: unknown
}

type Send = (message: Record<string, unknown>) => Promise<Answer>

interface AndroidHost {
  open(nonce: string): void
}

interface WebKitHandler {
  postMessage(message: string): Promise<unknown>
}

/** What the two shells put into a window. */
export type ShellWindow = Pick<Window, 'addEventListener' | 'removeEventListener'> & {
  YiqianShell?: AndroidHost
  webkit?: { messageHandlers?: { YiqianShell?: WebKitHandler } }
}

const connectTimeout = 5000
const statuses: readonly string[] = [
  'invalid_argument', 'wrong_state', 'limit_reached', 'storage_failed', 'not_found', 'fingerprint_off', 'fingerprint_failed', 'cancelled',
] satisfies Status[]
const reasons: readonly string[] = ['', 'insecure', 'missing', 'shared', 'forbidden'] satisfies Fingerprint['reason'][]

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function parse(text: unknown): Record<string, unknown> {
  try {
    return record(typeof text === 'string' ? JSON.parse(text) : null)
  } catch {
    return {}
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The port comes with the nonce that went out, so that no other message passes for it. */
function connect(host: ShellWindow, android: AndroidHost): Promise<Send> {
  const nonce = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      host.removeEventListener('message', receive)
      reject(new ShellError('closed', 'the shell sent no port'))
    }, connectTimeout)
    function receive(event: MessageEvent): void {
      const port = event.ports[0]
      if (event.data !== `yiqian-shell:${nonce}` || !port) return
      clearTimeout(timer)
      host.removeEventListener('message', receive)
      resolve(overPort(port))
    }
    host.addEventListener('message', receive)
    android.open(nonce)
  })
}

function overPort(port: MessagePort): Send {
  const waiting = new Map<number, (answer: Answer) => void>()
  let last = 0
  port.onmessage = (event: MessageEvent): void => {
    const answer = parse(event.data)
    const id = typeof answer.id === 'number' ? answer.id : 0
    const resolve = waiting.get(id)
    waiting.delete(id)
    resolve?.(answer)
  }
  return (message) =>
    new Promise((resolve) => {
      const id = ++last
      waiting.set(id, resolve)
      port.postMessage(JSON.stringify({ ...message, id }))
    })
}

function overWebKit(handler: WebKitHandler): Send {
  return async (message) => parse(await handler.postMessage(JSON.stringify(message)))
}

function encode(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}

function decode(base64: string): Uint8Array {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  } catch {
    throw new ShellError('fingerprint_failed', 'the shell gave no base64')
  }
}

/** The shell around this page, or null in a browser. Once, before the page is shown. */
export async function openShell(host: ShellWindow = window): Promise<Shell | null> {
  const android = host.YiqianShell
  const handler = host.webkit?.messageHandlers?.YiqianShell
  if (!android && !handler) return null
  const send = android ? await connect(host, android) : overWebKit(handler as WebKitHandler)

  async function call(name: string, parameters: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const answer = await send({ call: name, ...parameters })
    if (answer.error !== undefined || answer.result === undefined) {
      const status = text(answer.error)
      throw new ShellError(statuses.includes(status) ? (status as Status) : 'bad_answer', text(answer.detail))
    }
    return record(answer.result)
  }

  const info = await call('info')
  return {
    platform: android ? 'android' : 'ios',
    version: text(info.version),
    server: text(info.server),
    development: info.development === true,
    async setServer(url) {
      await call('setServer', { url })
    },
    fingerprint: {
      async available() {
        const { available, reason } = await call('fingerprint')
        const why = text(reason)
        return { available: available === true, reason: reasons.includes(why) ? (why as Fingerprint['reason']) : 'missing' }
      },
      async wrap(name, secret) {
        await call('wrap', { name, secret: encode(secret) })
      },
      async unwrap(name, prompt) {
        return decode(text((await call('unwrap', { name, prompt })).secret))
      },
      async erase(name) {
        await call('erase', { name })
      },
    },
    async allowNotifications() {
      return (await call('allowNotifications')).allowed === true
    },
    async notify(tasks) {
      await call('notify', { tasks })
    },
  }
}
