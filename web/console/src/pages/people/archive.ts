// A ZIP of pictures, each named by a staff number, whatever system packed it.
import type { UnzipFileInfo } from 'fflate'
import { PICTURE_MAX } from './picture'

export const ARCHIVE_MAX = 300 << 20
export const ENTRIES_MAX = 5000

export class ArchiveProblem extends Error {
  constructor(readonly reason: 'empty' | 'large' | 'notZip' | 'many' | 'nothing') { super(reason) }
}

/** What a name was: without the flag for UTF-8 each character is an octet, of UTF-8 all the same (macOS) or of GBK (Windows in China). */
export function nameOf(name: string): string {
  if (!/[\u0080-\u00ff]/.test(name) || /[^\u0000-\u00ff]/.test(name)) return name
  const octets = Uint8Array.from(name, one => one.charCodeAt(0))
  try { return new TextDecoder('utf-8', { fatal: true }).decode(octets) } catch { return new TextDecoder('gb18030').decode(octets) }
}

export interface Picture { name: string; staff_no: string; bytes: Uint8Array | null; problem: '' | 'kind' | 'large' | 'twice' | 'damaged' }

const wanted = (path: string) => !path.endsWith('/') && !/(^|\/)(__MACOSX\/|\._|\.DS_Store|Thumbs\.db)/i.test(path)
/** "心内科/D1001 王建国.png" is D1001's: what the file's name begins with, up to a space, an underscore or a bracket. */
export const staffNoOf = (path: string): string => (path.split(/[/\\]/).pop() ?? '').replace(/\.[^.]*$/, '').trim().split(/[\s_（(【[]/)[0] ?? ''

/** Throws ArchiveProblem. A picture that is too large is named and not unpacked. */
export async function readArchive(file: File): Promise<Picture[]> {
  if (file.size === 0) throw new ArchiveProblem('empty')
  if (file.size > ARCHIVE_MAX) throw new ArchiveProblem('large')
  const bytes = new Uint8Array(await file.arrayBuffer())
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b) throw new ArchiveProblem('notZip')
  // Not its asynchronous one: that starts workers from blob: addresses, which the console's policy forbids, and says nothing when they do not start.
  const { unzipSync } = await import('fflate')
  const all: Picture[] = []
  const numbers = new Set<string>()
  let total = 0
  const keep = (info: UnzipFileInfo): boolean => {
    const name = nameOf(info.name)
    if (!wanted(name) || all.length > ENTRIES_MAX) return false
    const picture: Picture = { name, staff_no: staffNoOf(name), bytes: null, problem: '' }
    total += info.originalSize
    if (!/\.(png|jpe?g|bmp)$/i.test(name)) picture.problem = 'kind'
    else if (info.originalSize > PICTURE_MAX || total > 2 * ARCHIVE_MAX) picture.problem = 'large'
    else if (numbers.has(picture.staff_no)) picture.problem = 'twice'
    else numbers.add(picture.staff_no)
    all.push(picture)
    return picture.problem === ''
  }
  const raws: string[] = []
  try { unzipSync(bytes, { filter: info => { if (keep(info)) raws.push(info.name); return false } }) } catch { throw new ArchiveProblem('notZip') }
  if (all.length > ENTRIES_MAX) throw new ArchiveProblem('many')
  const wantedOf = new Map(all.filter(one => one.problem === '').map(one => [one.name, one]))
  const take = (names: Set<string>) => {
    for (const [raw, content] of Object.entries(unzipSync(bytes, { filter: info => names.has(info.name) }))) {
      const picture = wantedOf.get(nameOf(raw))
      if (picture && !picture.bytes) picture.bytes = content
    }
  }
  // Some at a time, so that the page stays alive; of some of which one is damaged, each by itself.
  const SOME = 50
  for (let at = 0; at < raws.length; at += SOME) {
    const some = raws.slice(at, at + SOME)
    try { take(new Set(some)) } catch { for (const raw of some) try { take(new Set([raw])) } catch { /* it stays without octets: damaged */ } }
    await new Promise(done => setTimeout(done))
  }
  for (const one of all) if (one.problem === '' && !one.bytes) one.problem = 'damaged'
  if (all.length === 0) throw new ArchiveProblem('nothing')
  return all
}
