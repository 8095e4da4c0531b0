// The module beside the scripts that load it.
import { copyFileSync, existsSync } from 'node:fs'

const module = new URL('../../build/wasm/sdk/wasm/yiqian-device.wasm', import.meta.url)
if (!existsSync(module)) {
  console.error('There is no module yet: cmake --preset wasm && cmake --build --preset wasm (docs/adr says what that takes).')
  process.exit(1)
}
copyFileSync(module, new URL('dist/yiqian-device.wasm', import.meta.url))
