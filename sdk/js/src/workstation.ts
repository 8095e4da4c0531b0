// Workstation of types.ts over the port: sdk/wasm/src/calls_workstation.c.
import type { Client } from './client.js'
import { itemsOf, taskOf } from './device.js'
import { YiqianError } from './error.js'
import type { AuthorisationStatus, Scope, Signed, SignItem, SignResult, Task, TaskList, Workstation, WorkstationAuthorisation, WorkstationInfo } from './types.js'

class AuthorisationOverPort implements WorkstationAuthorisation {
  private readonly underWay = new Set<Promise<unknown>>()
  private readonly freeing = new AbortController()

  constructor(private readonly client: Client, private readonly handle: number, readonly code: string) {}

  private async call(name: string, given: object = {}, documents: Uint8Array[] = []) {
    if (this.freeing.signal.aborted) throw new YiqianError('closed')
    const running = this.client.call(name, { handle: this.handle, ...given }, [], documents, { hurry: this.freeing.signal })
    this.underWay.add(running)
    return running.finally(() => this.underWay.delete(running))
  }

  async look() { return (await this.call('authorisationLook')).value as AuthorisationStatus }
  async wait(seconds: number) { return (await this.call('authorisationWait', { seconds })).value as AuthorisationStatus }
  async pull(after = '', limit = 100) { return (await this.call('authorisationPull', { after, limit })).value as TaskList }

  async document(task: Task) {
    const { value, content } = await this.call('authorisationDocument', { task: taskOf(task) })
    return { content: content ?? new Uint8Array(0), digest: value as string }
  }

  async sign(items: SignItem[]): Promise<SignResult[]> {
    const { given, documents } = itemsOf(items)
    return ((await this.call('authorisationSign', { items: given }, documents)).value as Signed).results
  }

  async close() { await this.call('authorisationClose') }

  /** Behind the calls that are under way, whose exchanges end. */
  async free() {
    if (this.freeing.signal.aborted) return
    this.freeing.abort()
    await Promise.allSettled(this.underWay)
    await this.client.call('authorisationFree', { handle: this.handle })
  }
}

export class WorkstationOverPort implements Workstation {
  constructor(private readonly client: Client) {}

  async describe(): Promise<WorkstationInfo | null> {
    try {
      return (await this.client.call('describe')).value as WorkstationInfo
    } catch (error) {
      if (error instanceof YiqianError && error.status === 'not_found') return null
      throw error
    }
  }

  async register(server: string, name: string, code: string) { await this.client.call('register', { server, name, code }) }
  async forget() { await this.client.call('forget') }

  async offer(wish?: Scope): Promise<WorkstationAuthorisation> {
    const { handle, code } = (await this.client.call('offer', { wish: wish ?? null })).value as { handle: number; code: string }
    return new AuthorisationOverPort(this.client, handle, code)
  }

  async closeAuthorisation(id: string) { await this.client.call('closeById', { id }) }

  close() { return this.client.close() }
}
