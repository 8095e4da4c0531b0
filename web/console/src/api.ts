// The server's API, typed by docs/api/openapi.yaml (schema.d.ts is made of it in the build).
import { forgetLost, once } from './once'
import type { components, paths } from './schema'

export type Schemas = components['schemas']

/** What the server refused (RFC 9457), or that nothing came back (status 0; code "unreachable", or "unanswered" for what changes something). */
export class Problem extends Error {
  constructor(
    readonly status: number, readonly code: string, readonly title: string, readonly titleEn: string,
    readonly hint = '', readonly hintEn = '', readonly detail = '', readonly field = '',
  ) {
    super(title)
    this.name = 'Problem'
  }
}

/** The answer 202: another person has to approve first. */
export interface Pending { approval: { approval: string; act: string; state: string } }
export const isPending = (answer: unknown): answer is Pending =>
  typeof answer === 'object' && answer !== null && 'approval' in answer && (answer as Pending).approval?.state === 'pending'

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'
type PathOf<M extends Method> = { [P in keyof paths]: paths[P] extends Record<M, object> ? P : never }[keyof paths]
type Operation<P extends keyof paths, M extends Method> = paths[P] extends Record<M, infer O> ? O : never
type JsonOf<T> = T extends { content: { 'application/json': infer Body } } ? Body : never
export type Answer<P extends keyof paths, M extends Method = 'get'> =
  Operation<P, M> extends { responses: infer R } ? JsonOf<R[keyof R & (200 | 201 | 202)]> : never
export type Query<P extends keyof paths> = Operation<P, 'get'> extends { parameters: { query?: infer Q } } ? ([Exclude<Q, undefined>] extends [never] ? Record<string, never> : Exclude<Q, undefined>) : object
export type Body<P extends keyof paths, M extends Method> = Operation<P, M> extends { requestBody?: infer B } ? JsonOf<Exclude<B, undefined>> : never

/** One row of a list. */
export type Row1<P extends keyof paths> = Answer<P> extends { items: (infer Item)[] } ? Item : never

export interface Options {
  /** For {name} in the path. */
  path?: Record<string, string>
  query?: object
  body?: unknown
  /** Instead of JSON: octets of their own type. */
  blob?: Blob
  /** The version that was edited: If-Match. */
  version?: number
  signal?: AbortSignal
  /** The page asks by itself: keeps no session from going idle. */
  background?: boolean
  headers?: Record<string, string>
}
type Typed<P extends keyof paths, M extends Method> = Omit<Options, 'query' | 'body'> & { query?: M extends 'get' ? Query<P> : object; body?: Body<P, M> }

/** What the session gives: session.ts sets them. repeated (frame/Layout.vue): the answer is that of an act that was done before, when its first answer was lost. */
export const hooks = { csrf: '', ended: () => {}, repeated: () => {}, asked: 0 /* when the last request for a person was sent (ms) */ }

/** An address of the server's, whatever path a proxy serves all this under: the console is at <base>/console/. */
export const address = (path: string): string => new URL(`..${path}`, document.baseURI.replace(/#.*$/, '')).href

export function urlOf(path: string, options: Options = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = options.path?.[name]
    if (value === undefined) throw new Error(`${path}: ${name} is missing`)
    return encodeURIComponent(value)
  })
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(options.query ?? {})) if (value !== undefined && value !== null && value !== '') query.append(name, String(value))
  return address(filled) + (query.size ? `?${query}` : '')
}

async function problemOf(answer: Response): Promise<Problem> {
  const said: unknown = await answer.json().catch(() => null)
  const of = (name: string): string => {
    const value = said && typeof said === 'object' ? (said as Record<string, unknown>)[name] : undefined
    return typeof value === 'string' ? value : ''
  }
  return new Problem(answer.status, of('code') || 'bad_answer', of('title'), of('title_en'), of('hint'), of('hint_en'), of('detail'), of('field'))
}

/** Where nothing came back, what was to be changed may be changed all the same: it is not to be tried again without a look. */
const silence = (method: string): Problem => new Problem(0, method === 'GET' || !hooks.csrf ? 'unreachable' : 'unanswered', '', '')

/** One request; the answer as it comes. Throws Problem; AbortError where the caller gave up. */
export async function request(method: string, path: string, options: Options = {}): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json, */*;q=0.5', ...options.headers }
  if (method !== 'GET' && hooks.csrf) headers['x-csrf-token'] = hooks.csrf
  if (options.background) headers['x-background'] = '1'
  else hooks.asked = Date.now()
  if (options.version !== undefined) headers['if-match'] = `"${options.version}"`
  if (options.blob) headers['content-type'] = options.blob.type
  else if (options.body !== undefined) headers['content-type'] = 'application/json'
  const { csrf } = hooks
  let answer: Response
  try {
    answer = await fetch(urlOf(path, options), {
      method, headers, credentials: 'same-origin', cache: 'no-store', redirect: 'error', signal: options.signal,
      body: options.blob ?? (options.body === undefined ? undefined : JSON.stringify(options.body)),
    })
  } catch (error) {
    if (options.signal?.aborted) throw error
    throw silence(method)
  }
  if (answer.ok) {
    if (method !== 'GET') forgetLost()
    return answer
  }
  const problem = await problemOf(answer)
  // Asked before somebody logged in, it says nothing of him.
  if (problem.status === 401 && csrf === hooks.csrf) hooks.ended()
  throw problem
}

/** One request whose answer is JSON; undefined for 204. */
export async function call<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const answer = await request(method, path, options)
  const text = await answer.text().catch(() => { throw silence(method) })
  let said: T
  try {
    said = (text ? JSON.parse(text) : undefined) as T
  } catch {
    throw new Problem(answer.status, 'bad_answer', '', '')
  }
  if (answer.headers.get('idempotency-replayed')) hooks.repeated()
  return said
}

/** What an act is remembered by may hold none. */
const secret = (body: unknown) => typeof body === 'object' && body !== null && ['passphrase', 'password'].some(one => one in body)

const LOGIN = /^\/v1\/console\/(challenges|first|logins|sessions)$/
/** What makes something, makes it once. Logins are no such thing: a challenge is for whoever asked, and good once. */
function make<T>(path: string, options: Options = {}): Promise<T> {
  if (options.blob || options.background || options.signal || LOGIN.test(path)) return call<T>('POST', path, options)
  return once(`${urlOf(path, options)} ${JSON.stringify(options.body ?? null)}`,
    key => call<T>('POST', path, { ...options, headers: { ...options.headers, 'idempotency-key': key } }),
    error => !secret(options.body) && error instanceof Problem && (error.status === 0 || error.status >= 500 || error.code === 'bad_answer'))
}

const send = <T>(method: string, path: string, options?: object) => call<T>(method, path, options as Options)
export const api = {
  get: <P extends PathOf<'get'>>(path: P, options?: Typed<P, 'get'>) => send<Answer<P, 'get'>>('GET', path, options),
  post: <P extends PathOf<'post'>>(path: P, options?: Typed<P, 'post'>) => make<Answer<P, 'post'>>(path, options as Options),
  put: <P extends PathOf<'put'>>(path: P, options?: Typed<P, 'put'>) => send<Answer<P, 'put'>>('PUT', path, options),
  patch: <P extends PathOf<'patch'>>(path: P, options?: Typed<P, 'patch'>) => send<Answer<P, 'patch'>>('PATCH', path, options),
  del: <P extends PathOf<'delete'>>(path: P, options?: Typed<P, 'delete'>) => send<Answer<P, 'delete'>>('DELETE', path, options),
}
