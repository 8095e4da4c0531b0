/* Keeps the app's own files, so that it opens with the server gone. Only what this build has hashed into its names is kept, and index.html of
 * this build for when it cannot be fetched; every other request, and every answer of an API, passes by untouched. */
const VERSION = '__VERSION_OF_FILES__'
const FIRST = ['__FIRST_FILES__']
const BASE = new URL('./', self.location.href)
const HASHED = /^assets\/[\w.-]+-[\w-]{8}\.(js|css|woff2|wasm|svg|png)$/

self.addEventListener('install', event => {
  event.waitUntil((async () => {
    const kept = await caches.open(VERSION)
    await kept.addAll(FIRST.map(file => new Request(new URL(file, BASE), { cache: file === 'index.html' ? 'no-cache' : 'default' })))
  })())
})
self.addEventListener('message', event => { if (event.data === 'take') self.skipWaiting() })
self.addEventListener('activate', event => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith('app-') && name !== VERSION) await caches.delete(name)
    await self.clients.claim()
  })())
})
self.addEventListener('fetch', event => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== BASE.origin || !url.pathname.startsWith(BASE.pathname)) return
  const file = url.pathname.slice(BASE.pathname.length)
  if (request.mode === 'navigate') { if (file === '' || file === 'index.html') event.respondWith(page(request)) }
  else if (HASHED.test(file)) event.respondWith(hashed(request))
})

async function page(request) {
  const kept = await caches.open(VERSION)
  const stop = new AbortController()
  const late = setTimeout(() => stop.abort(), 4000) // a network that answers nothing
  try {
    const answer = await fetch(request, { signal: stop.signal })
    if (answer.ok || answer.redirected || answer.type === 'opaqueredirect') return answer
    return (await kept.match(new URL('index.html', BASE))) ?? answer
  } catch {
    return (await kept.match(new URL('index.html', BASE))) ?? Response.error()
  } finally { clearTimeout(late) }
}
async function hashed(request) {
  const kept = await caches.open(VERSION)
  const known = await kept.match(request)
  if (known) return known
  const answer = await fetch(request)
  if (answer.status === 200 && answer.type === 'basic') await kept.put(request, answer.clone())
  return answer
}
