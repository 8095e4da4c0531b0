// Documents that were fetched and checked in this session, the last few: reading one and signing it fetches it once.
import type { Task } from '@yiqian/device'
import { watch } from 'vue'
import { device, store } from '../device'

export interface Checked { content: Uint8Array; digest: string }
const MOST_BYTES = 48 * 1024 * 1024
const kept = new Map<string, Checked>()
const name = (task: Task) => `${task.task} ${task.digest}`

/** The document, whose SM3 was computed here and is the one of the task. */
export async function fetchDocument(task: Task): Promise<Checked> {
  const have = kept.get(name(task))
  if (have) return have
  const key = store.current?.key
  if (!key) throw new Error('nobody is here')
  const got = await device().document(key, task)
  if (store.current?.key !== key) throw new Error('somebody else is here')
  kept.set(name(task), got)
  let bytes = 0
  for (const one of kept.values()) bytes += one.content.length
  for (const [id, one] of kept) {
    if (bytes <= MOST_BYTES || one === got) break
    bytes -= one.content.length
    kept.delete(id)
  }
  return got
}

export const have = (task: Task): Checked | undefined => kept.get(name(task))
export const drop = (task: Task) => kept.delete(name(task))

watch(() => store.current?.key, () => kept.clear())
