// The Worker in a browser.
import { openBrowserPlatform } from './browser/platform.js'
import { YiqianError } from './error.js'
import type { FromWorker, Port, ToWorker } from './messages.js'
import { Service } from './service.js'

async function module(): Promise<WebAssembly.Module> {
  const answer = await fetch(new URL('./yiqian-device.wasm', import.meta.url), { credentials: 'same-origin' })
  if (!answer.ok) throw new YiqianError('transport_failed')
  return WebAssembly.compile(await answer.arrayBuffer())
}

new Service(self as unknown as Port<FromWorker, ToWorker>, { module, platform: openBrowserPlatform })
