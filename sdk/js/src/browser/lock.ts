// One page of an origin has a storage. Another takes it by stealing the lock, which the first learns of.
import { YiqianError } from '../error.js'

/** Gives what lets it go. in_use: another has it. */
export function takeLock(name: string, takeOver: boolean, lost: () => void): Promise<() => void> {
  return new Promise((done, failed) => {
    let held = false
    const hold = (lock: Lock | null) => new Promise<void>(release => {
      held = !!lock
      if (lock) return done(release)
      failed(new YiqianError('in_use'))
      release()
    })
    const taken = navigator.locks.request(`yiqian:${name}`, takeOver ? { steal: true } : { ifAvailable: true }, hold)
    taken.catch(error => held ? lost() : failed(error))
  })
}
