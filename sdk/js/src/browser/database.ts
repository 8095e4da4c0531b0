// IndexedDB with promises. Every write is asked to be on the disk before it counts (durability: strict).
export const RECORDS = 'records'
export const KEYS = 'keys'

export function openDatabase(name: string): Promise<IDBDatabase> {
  return new Promise((done, failed) => {
    const opening = indexedDB.open(name, 1)
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore(RECORDS)
      opening.result.createObjectStore(KEYS)
    }
    opening.onsuccess = () => {
      // Another page deletes the database: this one must not stand in its way.
      opening.result.onversionchange = () => opening.result.close()
      done(opening.result)
    }
    opening.onerror = opening.onblocked = () => failed(opening.error ?? new Error('blocked'))
  })
}

/** Runs `act` in one transaction: what it gives, when everything is done and, for a write, durable. */
export function transact<Value>(
  database: IDBDatabase, mode: 'readonly' | 'readwrite', act: (store: (name: string) => IDBObjectStore, give: (value: Value) => void) => void,
): Promise<Value | undefined> {
  return new Promise((done, failed) => {
    const transaction = database.transaction([RECORDS, KEYS], mode, { durability: 'strict' })
    let value: Value | undefined
    transaction.oncomplete = () => done(value)
    transaction.onerror = transaction.onabort = () => failed(transaction.error ?? new Error('aborted'))
    act(name => transaction.objectStore(name), given => { value = given })
  })
}

export const read = <Value>(database: IDBDatabase, store: string, name: string): Promise<Value | undefined> =>
  transact<Value>(database, 'readonly', (at, give) => {
    const request = at(store).get(name) as IDBRequest<Value>
    request.onsuccess = () => give(request.result)
  })
