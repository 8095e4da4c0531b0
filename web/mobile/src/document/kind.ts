// How a document is shown, from its media type; and text made readable without changing what it says.

export type Kind = 'pdf' | 'text' | 'html' | 'xml' | 'json' | 'image' | 'other'

const images = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/bmp']

export function kindOf(mediaType: string): Kind {
  const type = mediaType.split(';')[0].trim().toLowerCase()
  if (type === 'application/pdf') return 'pdf'
  if (images.includes(type)) return 'image'
  if (type === 'application/json' || type.endsWith('+json')) return 'json'
  if (type === 'text/html' || type === 'application/xhtml+xml') return 'html'
  if (type === 'application/xml' || type === 'text/xml' || type.endsWith('+xml')) return type === 'image/svg+xml' ? 'other' : 'xml'
  if (type.startsWith('text/') || type.includes('hl7')) return 'text'
  return 'other'
}

/** UTF-8 or UTF-16 by its mark, else UTF-8 where it is that, else GB 18030; null: it is no text. */
export function decodeText(content: Uint8Array): string | null {
  const mark = content[0] === 0xff && content[1] === 0xfe ? 'utf-16le' : content[0] === 0xfe && content[1] === 0xff ? 'utf-16be' : ''
  for (const encoding of mark ? [mark] : ['utf-8', 'gb18030']) {
    try {
      const text = new TextDecoder(encoding, { fatal: true }).decode(content)
      return /[\0\x02-\x06\x0e-\x1a]/.test(text) ? null : text
    } catch { /* the next one */ }
  }
  return null
}

const name = (character: string) => `⟦U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟧`

/** Lines end as on this screen (HL7's by CR alone), and what would be invisible or turn the order of the letters is shown by its number. */
export const legible = (text: string) =>
  text.replace(/\r\n?/g, '\n').replace(/[\p{Cc}\p{Cf}]/gu, character => (character === '\n' || character === '\t' ? character : name(character)))

/** Breaks lines and indents, between the tokens only: every character of the document but its white space stays where it was. */
export function layOutJson(text: string): string {
  let out = ''
  let depth = 0
  let quoted = false
  const line = () => { out += `\n${'  '.repeat(Math.min(depth, 40))}` }
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (quoted) {
      out += character
      if (character === '\\') out += text[++at] ?? ''
      else if (character === '"') quoted = false
    } else if (character === '"') { quoted = true; out += character } else if (/\s/.test(character)) continue
    else if (character === '{' || character === '[') {
      const rest = /^\s*[}\]]/.exec(text.slice(at + 1, at + 200))
      out += character
      if (rest) { out += rest[0].trim(); at += rest[0].length } else { depth++; line() }
    } else if (character === '}' || character === ']') { depth = Math.max(0, depth - 1); line(); out += character } else if (character === ',') { out += character; line() } else out += character === ':' ? ': ' : character
  }
  return out
}

export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(bytes < 10240 ? 1 : 0)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`
}

/** In groups of eight, to be compared by eye. */
export const groups = (hex: string) => hex.match(/.{1,8}/g)?.join(' ') ?? ''
