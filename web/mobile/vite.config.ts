import vue from '@vitejs/plugin-vue'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { defineConfig, type Plugin } from 'vite'

const require = createRequire(import.meta.url)
const vantRoot = dirname(require.resolve('vant/package.json'))
const version = /^project\(yiqian VERSION ([\d.]+)/m.exec(readFileSync('../../CMakeLists.txt', 'utf8'))?.[1] ?? ''

/** Vant brings the styles of the components that are used, and its icons as a file of ours: as it comes the font is a data: address, which
 * the server's policy forbids, with one outside the hospital beside it. */
function vantStyles(): Plugin {
  const kebab = (name: string) => name.replace(/^show(Confirm|Loading|Success|Fail)?(?=Dialog|Toast|Notify|ImagePreview)/, '').replace(/\B[A-Z]/g, found => `-${found}`).toLowerCase()
  return {
    name: 'vant-styles',
    transform(code, id) {
      if (process.env.VITEST || id.includes('node_modules') || !/\.(vue|ts)(\?|$)/.test(id)) return
      const names = [...code.matchAll(/import \{([^}]*)\} from ["']vant["']/g)].flatMap(found => (found[1] ?? '').split(','))
        .map(one => one.trim().split(' as ')[0] ?? '').filter(one => /^(show)?[A-Z]/.test(one) && one !== 'Locale')
      return names.length ? { code: [...new Set(names.map(kebab))].map(one => `import 'vant/es/${one}/style/index.mjs'`).join('\n') + `\n${code}`, map: null } : undefined
    },
  }
}
function vantFont(): Plugin {
  return {
    name: 'vant-font',
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith('vant/es/icon/index.css')) return
      const font = /url\(data:font\/woff2;charset=utf-8;base64,([A-Za-z0-9+/=]+)\)/.exec(code)?.[1]
      if (!font) throw new Error('vant: its icon font is elsewhere now')
      const folder = join(vantRoot, '../.cache/yiqian')
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'vant-icon.woff2'), Buffer.from(font, 'base64'))
      return { code: code.replace(/src:url\(data:.*?format\("woff"\)/, `src:url(${join(folder, 'vant-icon.woff2')}) format("woff2")`), map: null }
    },
  }
}

/** sw.js knows its build: the files that the first screens need, and a name that changes with any of them. */
function serviceWorker(): Plugin {
  return {
    name: 'service-worker',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const size = (file: (typeof bundle)[string]) => (file.type === 'chunk' ? file.code : file.source).length
      const files = Object.values(bundle).filter(file => file.fileName.startsWith('assets/') && !file.fileName.endsWith('.map'))
      const first = files.filter(file => size(file) <= 640_000 && /\.(js|css|woff2|wasm)$/.test(file.fileName) && !/pdf/i.test(file.fileName)).map(file => file.fileName).sort()
      const html = bundle['index.html']
      const hash = createHash('sha256').update(JSON.stringify([files.map(file => file.fileName).sort(), html?.type === 'asset' ? String(html.source) : '']))
      const source = readFileSync('src/sw.js', 'utf8')
        .replace('__VERSION_OF_FILES__', `app-${hash.update(readFileSync('src/sw.js')).digest('hex').slice(0, 16)}`).replace("['__FIRST_FILES__']", JSON.stringify(['index.html', ...first]))
      this.emitFile({ type: 'asset', fileName: 'sw.js', source })
    },
  }
}

export default defineConfig({
  plugins: [vue(), vantStyles(), vantFont(), serviceWorker()],
  // Where yiqiand serves it; the Android shell carries the same files under the same path.
  base: '/app/',
  define: { __VUE_I18N_FULL_INSTALL__: false, __VUE_I18N_LEGACY_API__: false, __INTLIFY_PROD_DEVTOOLS__: false, __VERSION__: JSON.stringify(version) },
  worker: { format: 'es' },
  // Nothing is inlined: the policy of the server allows files of its own only.
  build: { target: 'es2022', outDir: '../../build/app', emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false }, chunkSizeWarningLimit: 1200 },
})
