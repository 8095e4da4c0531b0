// pdf.js, fetched when the first PDF is opened; its worker, character maps and fonts are files of our own origin, and it evaluates no code.
import * as pdfjs from 'pdfjs-dist/legacy/build/pdf.mjs'
import worker from 'pdfjs-dist/legacy/build/pdf.worker.min.mjs?url'

export type { PDFDocumentProxy, PDFPageProxy, RenderTask } from 'pdfjs-dist'

pdfjs.GlobalWorkerOptions.workerSrc = worker

// Each is a file of the build and is fetched when a document needs it.
type Files = Record<string, string>
const files = (found: Files): Files => Object.fromEntries(Object.entries(found).map(([path, url]) => [path.split('/').pop() ?? '', url]))
const maps = files(import.meta.glob<string>('../../../../node_modules/pdfjs-dist/cmaps/*.bcmap', { query: '?url', import: 'default', eager: true }))
const fonts = files(import.meta.glob<string>('../../../../node_modules/pdfjs-dist/standard_fonts/*.{pfb,ttf}', { query: '?url', import: 'default', eager: true }))

async function bytes(url: string | undefined): Promise<Uint8Array> {
  if (!url) throw new Error('no such file')
  const answer = await fetch(url, { credentials: 'omit' })
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
  return new Uint8Array(await answer.arrayBuffer())
}
class CMaps {
  async fetch({ name }: { name: string }) {
    return { cMapData: await bytes(maps[`${name}.bcmap`]), isCompressed: true }
  }
}
class Fonts {
  fetch({ filename }: { filename: string }) {
    return bytes(fonts[filename])
  }
}

/** The caller ends it with destroy(). The content is copied: pdf.js takes its copy away. */
export const openPdf = (content: Uint8Array) => pdfjs.getDocument({
  data: content.slice(), CMapReaderFactory: CMaps, StandardFontDataFactory: Fonts, useWorkerFetch: false, isEvalSupported: false, enableXfa: false, verbosity: 0,
})
export const isCancelled = (error: unknown) => error instanceof pdfjs.RenderingCancelledException
