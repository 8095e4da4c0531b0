// Records and keys of one device. Records are encrypted under an AES-GCM key that no script can read out.
import { KEYS, openDatabase, read, RECORDS, transact } from './database.js'

interface Sealed {
  iv: Uint8Array
  data: ArrayBuffer
}

const STORAGE_KEY = 'storage'
/** Whose the storage is now: a page from which it was taken writes nothing more. */
const HOLDER = 'holder'

const nameBytes = (name: string) => new TextEncoder().encode(name)

export class Storage {
  private constructor(private readonly database: IDBDatabase, private readonly key: CryptoKey, private readonly holder: string) {}

  static async open(name: string): Promise<Storage> {
    const database = await openDatabase(name)
    const holder = crypto.randomUUID()
    const fresh = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
    const key = await transact<CryptoKey>(database, 'readwrite', (at, give) => {
      at(KEYS).put(holder, HOLDER)
      const found = at(KEYS).get(STORAGE_KEY) as IDBRequest<CryptoKey | undefined>
      found.onsuccess = () => {
        if (!found.result) at(KEYS).add(fresh, STORAGE_KEY)
        give(found.result ?? fresh)
      }
    })
    return new Storage(database, key!, holder)
  }

  close() { this.database.close() }

  /** A write, while the storage is still ours. */
  private async write(act: (at: (name: string) => IDBObjectStore) => void): Promise<void> {
    await transact(this.database, 'readwrite', at => {
      const holder = at(KEYS).get(HOLDER) as IDBRequest<string>
      holder.onsuccess = () => {
        if (holder.result === this.holder) act(at)
        else holder.transaction!.abort()
      }
    })
  }

  async load(name: string): Promise<Uint8Array | null> {
    const sealed = await read<Sealed>(this.database, RECORDS, name)
    if (!sealed) return null
    const opened = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: sealed.iv as BufferSource, additionalData: nameBytes(name) }, this.key, sealed.data)
    return new Uint8Array(opened)
  }

  async save(name: string, record: Uint8Array): Promise<void> {
    const iv = crypto.getRandomValues(new Uint8Array(12))
    const data = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: nameBytes(name) }, this.key, record as BufferSource)
    await this.write(at => at(RECORDS).put({ iv, data } satisfies Sealed, name))
  }

  erase(name: string): Promise<void> { return this.write(at => at(RECORDS).delete(name)) }

  /** Keys and what goes with them, by name. */
  loadKey<Value>(name: string): Promise<Value | undefined> { return read<Value>(this.database, KEYS, name) }

  saveKey(name: string, value: unknown): Promise<void> { return this.write(at => at(KEYS).put(value, name)) }

  eraseKey(name: string): Promise<void> { return this.write(at => at(KEYS).delete(name)) }
}
