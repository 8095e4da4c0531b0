// What HTML and XML say, without their marks: text alone, read from a document that is never shown, runs nothing and fetches nothing. More than a
// browser would show (what a style hides is here as well), and of a picture its name alone.

const BLOCKS = new Set('address article aside blockquote body caption dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol p pre section summary table tbody tfoot thead title tr ul'.split(' '))
const UNSEEN = new Set(['script', 'style', 'noframes', 'template', 'meta', 'link', 'base'])

// The parser would look at styles and handlers, if only to find that the page's policy forbids them, and say so for each. HTML reads noframes as it reads style: a
// name in its place moves no other mark.
const still = (html: string) => html.replace(/<[a-z][^<>]*>/gi, tag => tag.replace(/([\s"'/])(style|on[a-z]+)(?=\s*=)/gi, '$1data-$2'))
  .replace(/<(\/?)style(?=[\s>/])/gi, '<$1noframes')

/** null: it has no text to be read this way. */
export function readMarkup(text: string, html: boolean): string | null {
  const parsed = new DOMParser().parseFromString(html ? still(text) : text.replace(/^\s+/, ''), html ? 'text/html' : 'application/xml')
  if (!html && parsed.getElementsByTagName('parsererror').length) return null
  const lines = html ? htmlLines(parsed.documentElement) : xmlLines(parsed.documentElement)
  return lines.some(line => line.trim()) ? lines.join('\n') : null
}

/** A block a line, a cell after the other in its row. */
function htmlLines(root: Element): string[] {
  const lines: string[] = []
  let line = ''
  const end = () => { if (line.trim()) lines.push(line.replace(/[ \t\n\r]+/g, ' ').trim()); line = '' }
  const walk = (node: Node) => {
    if (node.nodeType === Node.TEXT_NODE || node.nodeType === Node.CDATA_SECTION_NODE) line += node.nodeValue ?? ''
    if (!(node instanceof Element)) return
    const name = node.localName
    if (UNSEEN.has(name)) return
    if (name === 'br') return end()
    if (name === 'td' || name === 'th') line += line.trim() ? ' │ ' : ''
    const block = BLOCKS.has(name)
    if (block) end()
    if (name === 'li') line += '• '
    if (name === 'img') line += ` [${node.getAttribute('alt') || '…'}] `
    if (name === 'input') line += ` [${node.getAttribute('type') === 'checkbox' || node.getAttribute('type') === 'radio' ? (node.hasAttribute('checked') ? '✓' : ' ') : node.getAttribute('value') ?? ''}] `
    if (name === 'pre' || name === 'textarea') lines.push(...(node.textContent ?? '').split('\n'))
    else for (const child of node.childNodes) walk(child)
    if (block) end()
  }
  walk(root)
  end()
  return lines
}

/** An element a line, as deep as it stands, with all its attributes but those that name schemas; running text with elements in it is one line. */
function xmlLines(root: Element): string[] {
  const lines: string[] = []
  const walk = (element: Element, depth: number) => {
    const says = [...element.attributes].filter(one => !/^xmlns(:|$)|^xsi:/.test(one.name)).map(one => `${one.localName}=${one.value}`)
    const runs = [...element.childNodes].some(node => (node.nodeType === Node.TEXT_NODE || node.nodeType === Node.CDATA_SECTION_NODE) && node.nodeValue?.trim())
    const own = runs ? [(element.textContent ?? '').replace(/\s+/g, ' ').trim()] : []
    lines.push(`${'  '.repeat(Math.min(depth, 12))}${element.localName}${own.length || says.length ? '：' : ''}${[...own, ...says].join('，')}`)
    if (!runs) for (const child of element.children) walk(child, depth + 1)
  }
  walk(root, 0)
  return lines
}
