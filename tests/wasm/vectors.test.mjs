// The known answers of the arithmetic, and the vectors of the two-party protocol, on the code that the module is made of.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { WASI } from 'node:wasi'
import { root } from './world.mjs'

const programs = join(root, 'build/wasm/sdk/wasm')
const TYPES = { object: 0, array: 1, string: 2, integer: 3, real: 4, true: 5, false: 6, null: 7 }

/** jansson.h over JavaScript's own JSON: a json_t is where its value stands in a list. */
function jansson(instance) {
  const values = [undefined]
  const places = new Map()
  const texts = new Map()
  const memory = () => new Uint8Array(instance().exports.memory.buffer)
  const text = p => { const all = memory(); return Buffer.from(all.subarray(p, all.indexOf(0, p))).toString() }
  const handle = value => {
    if (value === undefined) return 0
    if (typeof value !== 'object' || !places.has(value)) places.set(typeof value === 'object' ? value : Symbol('value'), values.push(value) - 1)
    return typeof value === 'object' ? places.get(value) : values.length - 1
  }
  const typeOf = value => value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value === 'boolean' ? `${value}`
    : typeof value === 'number' ? Number.isInteger(value) ? 'integer' : 'real' : typeof value
  const functions = {
    json_load_file: name => handle(JSON.parse(readFileSync(text(name), 'utf8'))),
    json_typeof: p => TYPES[typeOf(values[p])],
    json_object_get: (p, key) => typeOf(values[p]) === 'object' ? handle(values[p][text(key)]) : 0,
    json_array_get: (p, place) => typeOf(values[p]) === 'array' ? handle(values[p][place]) : 0,
    json_array_size: p => typeOf(values[p]) === 'array' ? values[p].length : 0,
    json_integer_value: p => BigInt(Number.isInteger(values[p]) ? values[p] : 0),
    json_string_length: p => Buffer.byteLength(values[p]),
    json_string_value: p => {
      if (!texts.has(p)) {
        const bytes = Buffer.from(`${values[p]}\0`)
        const at = instance().exports.malloc(bytes.length)
        memory().set(bytes, at)
        texts.set(p, at)
      }
      return texts.get(p)
    },
    json_decref() {},
  }
  return new Proxy(functions, { get: (own, name) => own[name] ?? (() => { throw new Error(`${String(name)} is not there`) }) })
}

/** One program to its end: run in a process of its own, since it writes to the standard output. */
async function run(name, ...args) {
  const wasi = new WASI({ version: 'preview1', args: [name, ...args], returnOnExit: true })
  const module = await WebAssembly.compile(readFileSync(join(programs, name)))
  let instance
  const env = jansson(() => instance)
  const needed = Object.fromEntries(WebAssembly.Module.imports(module).filter(({ module }) => module === 'env').map(({ name }) => [name, env[name]]))
  instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: wasi.wasiImport, env: needed })
  return wasi.start(instance)
}

const [, , asked, ...args] = process.argv
if (asked === '--run') process.exit(await run(...args))

const started = (...given) => spawnSync(process.execPath, ['--no-warnings', fileURLToPath(import.meta.url), '--run', ...given], { encoding: 'utf8' })

test('the known answers', () => {
  const { status, stdout, stderr } = started('known_answers')
  assert.equal(status, 0, stdout + stderr)
  assert.match(stdout, /32 bits, in use by itself: 32/)
})

test('the vectors of the two-party protocol, and one that was changed', () => {
  const vectors = join(root, 'tests/kat/two-party-sm2.json')
  const { status, stdout, stderr } = started('kat_two_party', vectors)
  assert.equal(status, 0, stdout + stderr)
  assert.match(stdout, /\d+ cases, every value as in/)
  const folder = mkdtempSync(join(tmpdir(), 'yiqian-vectors.'))
  try {
    const changed = join(folder, 'changed.json')
    const whole = JSON.parse(readFileSync(vectors, 'utf8'))
    const one = JSON.stringify({ ...whole, cases: whole.cases.slice(0, 1) })
    writeFileSync(changed, one)
    assert.equal(started('kat_two_party', changed).status, 0)
    writeFileSync(changed, one.replace(/("P1":"04)(..)/, (_, head, byte) => head + (byte === '00' ? '01' : '00')))
    assert.equal(started('kat_two_party', changed).status, 1)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
