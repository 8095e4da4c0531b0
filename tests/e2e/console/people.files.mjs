// Files that the tests of people give to the console: sheets, GBK texts, pictures, ZIPs.
import { deflateSync } from 'node:zlib'

/** What TextDecoder reads, written: Node has no encoder for GBK. */
const octets = new Map()
for (let high = 0x81; high <= 0xfe; high++) {
  for (let low = 0x40; low <= 0xfe; low++) {
    if (low === 0x7f) continue
    const text = new TextDecoder('gbk').decode(Uint8Array.of(high, low))
    if (text.length === 1 && text !== '\ufffd' && !octets.has(text)) octets.set(text, [high, low])
  }
}
export const gbk = text => Buffer.from([...text].flatMap(one => (one.charCodeAt(0) < 0x80 ? [one.charCodeAt(0)] : octets.get(one))))

const table = Array.from({ length: 256 }, (_, n) => { for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1; return n >>> 0 })
export function crc32(bytes) {
  let crc = 0xffffffff
  for (const one of bytes) crc = table[(crc ^ one) & 255] ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}
const u32 = n => { const b = Buffer.alloc(4); b.writeUInt32BE(n); return b }
function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data])
  return Buffer.concat([u32(data.length), body, u32(crc32(body))])
}
/** A seal as it is scanned: a red ring on white paper, with a wide white edge. */
export function png(width = 400, height = 300) {
  const rows = []
  for (let y = 0; y < height; y++) {
    const row = Buffer.alloc(1 + width * 3, 255)
    row[0] = 0
    for (let x = 0; x < width; x++) {
      const far = Math.hypot(x - width / 2, y - height / 2)
      if (far > 50 && far < 70 || Math.abs(x - width / 2) < 30 && Math.abs(y - height / 2) < 4) row.set([200, 22, 29], 1 + x * 3)
    }
    rows.push(row)
  }
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', Buffer.concat([u32(width), u32(height), Buffer.from([8, 2, 0, 0, 0])])), chunk('IDAT', deflateSync(Buffer.concat(rows))), chunk('IEND', Buffer.alloc(0))])
}

/** A ZIP whose names are octets as given (no flag for UTF-8), as Windows in China writes them; stored. */
export function zip(files) {
  const parts = [], central = []
  let at = 0
  for (const [name, data] of files) {
    const title = Buffer.isBuffer(name) ? name : Buffer.from(name)
    const head = Buffer.alloc(30)
    head.writeUInt32LE(0x04034b50)
    head.writeUInt16LE(20, 4)
    head.writeUInt32LE(crc32(data), 14)
    head.writeUInt32LE(data.length, 18)
    head.writeUInt32LE(data.length, 22)
    head.writeUInt16LE(title.length, 26)
    const entry = Buffer.alloc(46)
    entry.writeUInt32LE(0x02014b50)
    entry.writeUInt16LE(20, 4)
    entry.writeUInt16LE(20, 6)
    head.copy(entry, 16, 14, 26)
    entry.writeUInt16LE(title.length, 28)
    entry.writeUInt32LE(at, 42)
    parts.push(head, title, data)
    central.push(entry, title)
    at += 30 + title.length + data.length
  }
  const list = Buffer.concat(central), end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50)
  end.writeUInt16LE(files.length, 8)
  end.writeUInt16LE(files.length, 10)
  end.writeUInt32LE(list.length, 12)
  end.writeUInt32LE(at, 16)
  return Buffer.concat([...parts, list, end])
}
