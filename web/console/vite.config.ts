import vue from '@vitejs/plugin-vue'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const here = dirname(fileURLToPath(import.meta.url))
const require = createRequire(import.meta.url)
const elements = join(dirname(require.resolve('element-plus/package.json')), 'es/components')
const version = /^project\(yiqian VERSION ([\d.]+)/m.exec(readFileSync(join(here, '../../CMakeLists.txt'), 'utf8'))?.[1] ?? ''
/** The yiqiand that `npm run dev` stands before. */
const server = process.env.YIQIAN_SERVER ?? 'http://127.0.0.1:8970'

/** Element Plus: the styles of the components that a file names in its import, and of no others. */
function elementStyles(): Plugin {
  const style = (name: string) => `element-plus/es/components/${name.replace(/^El/, '').replace(/\B[A-Z]/g, found => `-${found}`).toLowerCase()}/style/css.mjs`
  return {
    name: 'element-styles',
    transform(code, id) {
      if (process.env.VITEST || id.includes('node_modules') || !/\.(vue|ts)(\?|$)/.test(id)) return
      const names = [...code.matchAll(/import \{([^}]*)\} from ["']element-plus["']/g)].flatMap(found => (found[1] ?? '').split(','))
        .map(one => one.trim().split(' as ')[0] ?? '').map(one => (one === 'vLoading' ? 'ElLoading' : one)).filter(one => /^El[A-Z]/.test(one))
      const styles = [...new Set(names.map(style))].filter(one => existsSync(join(elements, one.slice('element-plus/es/components/'.length))))
      return styles.length ? { code: styles.map(one => `import '${one}'`).join('\n') + `\n${code}`, map: null } : undefined
    },
  }
}

/** A language is one file, and what all pages share (Vue) one that stays the same when pages change; all else follows the pages. */
function manualChunks(id: string): string | undefined {
  // Element Plus itself falls back to English: its texts in that are everybody's.
  const language = /\/src\/locales\/([\w-]+)\//.exec(id)?.[1] ?? (id.includes('/element-plus/es/locale/lang/zh-cn') ? 'zh-CN' : '')
  if (language) return `texts-${language}`
  return /\/node_modules\/(@vue|vue|vue-router|vue-i18n|@intlify)\//.test(id) ? 'vue' : undefined
}

export default defineConfig({
  plugins: [vue(), elementStyles()],
  root: here,
  // Its own files by relative addresses: a proxy may serve all of yiqiand under a path.
  base: './',
  define: { __VUE_I18N_FULL_INSTALL__: false, __VUE_I18N_LEGACY_API__: false, __INTLIFY_PROD_DEVTOOLS__: false, __VERSION__: JSON.stringify(version) },
  test: { testTimeout: 60_000 }, // a key file's passphrase takes its time
  worker: { format: 'es' },
  // The Host as the browser sent it: requests stay of one origin for yiqiand too.
  server: { fs: { allow: [join(here, '../..')] }, proxy: Object.fromEntries(['/v1', '/pki', '/app', '/docs', '/metrics'].map(path => [path, { target: server, changeOrigin: false }])) },
  // Nothing is inlined: the policy of the server allows files of its own only.
  build: { target: 'es2022', outDir: '../../build/console', emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false }, chunkSizeWarningLimit: 700, rollupOptions: { output: { manualChunks } } },
})
