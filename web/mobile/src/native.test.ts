import { describe, expect, it, vi } from 'vitest'
import { openShell, ShellError, type Shell, type ShellWindow } from './native'

type Reply = (message: Record<string, unknown>) => unknown
const info = { result: { version: '0.1.0', server: 'https://sign.hospital.example', development: false } }

/** A window as the Android shell makes it: open() sends a port; reply answers what comes on it, undefined never. */
function androidWindow(reply: Reply, open?: (host: EventTarget, nonce: string, port: MessagePort) => void): ShellWindow {
  const host = new EventTarget()
  const send = (target: EventTarget, data: string, port: MessagePort): boolean =>
    target.dispatchEvent(Object.assign(new Event('message'), { data, ports: [port] }))
  return Object.assign(host as unknown as ShellWindow, {
    YiqianShell: {
      open(nonce: string) {
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = (event: MessageEvent): void => {
          const message = JSON.parse(event.data as string) as Record<string, unknown>
          const answer = reply(message)
          if (answer !== undefined) port1.postMessage(JSON.stringify({ id: message.id, ...(answer as object) }))
        }
        if (open) open(host, nonce, port2)
        else send(host, `yiqian-shell:${nonce}`, port2)
      },
    },
  })
}

function iosWindow(reply: Reply): ShellWindow {
  const postMessage = async (message: string): Promise<unknown> => JSON.stringify(reply(JSON.parse(message) as Record<string, unknown>))
  return Object.assign(new EventTarget() as unknown as ShellWindow, { webkit: { messageHandlers: { YiqianShell: { postMessage } } } })
}

async function opened(host: ShellWindow): Promise<Shell> {
  const shell = await openShell(host)
  if (!shell) throw new Error('no shell')
  return shell
}

describe('openShell', () => {
  it('gives null in a browser', async () => {
    expect(await openShell(new EventTarget() as unknown as ShellWindow)).toBeNull()
    expect(await openShell(Object.assign(new EventTarget() as unknown as ShellWindow, { webkit: { messageHandlers: {} } }))).toBeNull()
  })

  it.each([['android', androidWindow], ['ios', iosWindow]] as const)('tells what the %s shell is', async (platform, window) => {
    expect(await opened(window(() => info))).toMatchObject({ platform, version: '0.1.0', server: 'https://sign.hospital.example', development: false })
  })

  it('takes a port only with the nonce that it sent', async () => {
    const message = (data: unknown, ports: MessagePort[]): Event => Object.assign(new Event('message'), { data, ports })
    const forged = new MessageChannel()
    const seen = vi.fn()
    forged.port1.onmessage = seen
    const shell = await opened(
      androidWindow(() => info, (host, nonce, port) => {
        expect(nonce).toMatch(/^[0-9a-f]{32}$/)
        host.dispatchEvent(message('yiqian-shell:', [forged.port2]))
        host.dispatchEvent(message(`yiqian-shell:${'0'.repeat(32)}`, [forged.port2]))
        host.dispatchEvent(message(`yiqian-shell:${nonce}`, []))
        host.dispatchEvent(message(`yiqian-shell:${nonce}`, [port]))
      }),
    )
    expect(shell.version).toBe('0.1.0')
    expect(seen).not.toHaveBeenCalled()
  })

  it('ends where no port comes', async () => {
    vi.useFakeTimers()
    try {
      const opening = expect(openShell(androidWindow(() => info, () => undefined))).rejects.toMatchObject({ status: 'closed' })
      await vi.advanceTimersByTimeAsync(5000)
      await opening
    } finally {
      vi.useRealTimers()
    }
  })
})

describe.each([['android', androidWindow], ['ios', iosWindow]] as const)('the %s shell', (_, window) => {
  const withInfo = (reply: Reply): ShellWindow => window((message) => (message.call === 'info' ? info : reply(message)))

  it('wraps and unwraps bytes of every value', async () => {
    const kept = new Map<unknown, unknown>()
    const shell = await opened(
      withInfo((message) => {
        if (message.call === 'wrap') kept.set(message.name, message.secret)
        return { result: message.call === 'unwrap' ? { secret: kept.get(message.name) } : {} }
      }),
    )
    const secret = Uint8Array.from({ length: 128 }, (_, place) => (place * 2 + 1) & 255)
    await shell.fingerprint.wrap('k1', secret)
    expect(await shell.fingerprint.unwrap('k1', '签署 1 份')).toEqual(secret)
    await expect(shell.fingerprint.unwrap('k2', '')).resolves.toHaveLength(0)
  })

  it('hands every parameter over', async () => {
    const messages: unknown[] = []
    const shell = await opened(
      withInfo(({ id: _, ...message }) => {
        messages.push(message)
        return { result: { allowed: true } }
      }),
    )
    await shell.setServer('https://a.example')
    await shell.fingerprint.erase('k1')
    await shell.notify(3)
    expect(await shell.allowNotifications()).toBe(true)
    expect(messages).toEqual([
      { call: 'setServer', url: 'https://a.example' },
      { call: 'erase', name: 'k1' },
      { call: 'notify', tasks: 3 },
      { call: 'allowNotifications' },
    ])
  })

  it.each(['cancelled', 'fingerprint_off', 'fingerprint_failed', 'invalid_argument'])('throws %s as the shell says it', async (status) => {
    const shell = await opened(withInfo(() => ({ error: status, detail: 'why' })))
    const thrown = await shell.fingerprint.unwrap('k1', 'p').catch((error: unknown) => error)
    expect(thrown).toBeInstanceOf(ShellError)
    expect(thrown).toMatchObject({ status, message: 'why', problem: null, results: null })
  })

  it.each([{ error: 'ok' }, { error: 7 }, {}, { result: {}, error: '' }])('does not believe the answer %j', async (answer) => {
    await expect((await opened(withInfo(() => answer))).notify(1)).rejects.toMatchObject({ status: 'bad_answer' })
  })

  it('tells whether there is a fingerprint, and nothing that is no reason', async () => {
    let result: unknown = { available: true, reason: '' }
    const shell = await opened(withInfo(() => ({ result })))
    expect(await shell.fingerprint.available()).toEqual({ available: true, reason: '' })
    result = { available: 1, reason: 'else' }
    expect(await shell.fingerprint.available()).toEqual({ available: false, reason: 'missing' })
  })

  it('takes nothing that is no base64 for a secret', async () => {
    const shell = await opened(withInfo(() => ({ result: { secret: '*' } })))
    await expect(shell.fingerprint.unwrap('k1', 'p')).rejects.toMatchObject({ status: 'fingerprint_failed' })
  })
})
