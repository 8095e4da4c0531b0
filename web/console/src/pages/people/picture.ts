// Pictures of seals: cut out, made transparent, and written as the server takes them.

export const SIDE_MAX = 1200
const SIDE_MIN = 16
const BYTES_MAX = 512 << 10
/** Of what is opened: a photo of a sheet of paper has less. */
export const PICTURE_MAX = 20 << 20
const PIXELS_MAX = 60_000_000

/** A name below people.picture. */
export class PictureProblem extends Error {
  constructor(readonly reason: 'kind' | 'large' | 'damaged' | 'small' | 'blank') { super(reason) }
}

export interface Area { x: number; y: number; width: number; height: number }

export async function open(file: Blob): Promise<ImageBitmap> {
  if (file.size > PICTURE_MAX) throw new PictureProblem('large')
  const head = new Uint8Array(await file.slice(0, 12).arrayBuffer())
  const is = (...magic: number[]) => magic.every((value, i) => head[i] === value)
  const kind = is(0x89, 0x50, 0x4e, 0x47) ? 'image/png' : is(0xff, 0xd8, 0xff) ? 'image/jpeg' : is(0x42, 0x4d) ? 'image/bmp' : ''
  if (!kind) throw new PictureProblem('kind')
  let picture: ImageBitmap
  try { picture = await createImageBitmap(new Blob([file], { type: kind })) } catch { throw new PictureProblem('damaged') }
  if (picture.width * picture.height > PIXELS_MAX) throw new PictureProblem('large')
  return picture
}

/** White and what is nearly white becomes clear, with a soft edge; the rest keeps its colour. strength: 0 to 100, how dark still counts as paper. */
export function clearWhite(pixels: Uint8ClampedArray, strength: number) {
  const clear = 255 - strength * 1.5, solid = clear - 60
  for (let i = 0; i < pixels.length; i += 4) {
    const darkest = Math.min(pixels[i] as number, pixels[i + 1] as number, pixels[i + 2] as number)
    if (darkest >= clear) pixels[i + 3] = 0
    else if (darkest > solid) pixels[i + 3] = Math.min(pixels[i + 3] as number, Math.round(255 * (clear - darkest) / (clear - solid)))
  }
}

/** What is neither clear nor white, with a little room around it; null where there is nothing. */
export function inked(pixels: Uint8ClampedArray, width: number, height: number): Area | null {
  let left = width, top = height, right = -1, bottom = -1
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = (y * width + x) * 4
      if ((pixels[i + 3] as number) < 16 || Math.min(pixels[i] as number, pixels[i + 1] as number, pixels[i + 2] as number) > 225) continue
      left = Math.min(left, x); right = Math.max(right, x); top = Math.min(top, y); bottom = Math.max(bottom, y)
    }
  }
  if (right < 0) return null
  const room = Math.round(Math.max(right - left, bottom - top) * 0.03) + 2
  left = Math.max(0, left - room); top = Math.max(0, top - room)
  return { x: left, y: top, width: Math.min(width, right + room + 1) - left, height: Math.min(height, bottom + room + 1) - top }
}

function canvasOf(width: number, height: number): { canvas: HTMLCanvasElement; context: CanvasRenderingContext2D } {
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (!context) throw new PictureProblem('damaged')
  return { canvas, context }
}

/** The area of the picture, scaled to at most `side`, on a canvas. */
export function cut(picture: ImageBitmap, area: Area, options: { white: number | null; side?: number }): HTMLCanvasElement {
  const scale = Math.min(1, (options.side ?? SIDE_MAX) / Math.max(area.width, area.height))
  const width = Math.max(1, Math.round(area.width * scale)), height = Math.max(1, Math.round(area.height * scale))
  const { canvas, context } = canvasOf(width, height)
  context.imageSmoothingQuality = 'high'
  context.drawImage(picture, area.x, area.y, area.width, area.height, 0, 0, width, height)
  if (options.white !== null) {
    const image = context.getImageData(0, 0, width, height)
    clearWhite(image.data, options.white)
    context.putImageData(image, 0, 0)
  }
  return canvas
}

/** Where the seal is in the picture, found on a small copy. */
export function findSeal(picture: ImageBitmap): Area | null {
  const small = cut(picture, { x: 0, y: 0, width: picture.width, height: picture.height }, { white: null, side: 600 })
  const area = inked(small.getContext('2d', { willReadFrequently: true })?.getImageData(0, 0, small.width, small.height).data ?? new Uint8ClampedArray(), small.width, small.height)
  const scale = picture.width / small.width
  return area && { x: Math.round(area.x * scale), y: Math.round(area.y * scale), width: Math.min(picture.width, Math.round(area.width * scale)), height: Math.min(picture.height, Math.round(area.height * scale)) }
}

/** Nothing of it would be seen on a page. */
export function isBlank(canvas: HTMLCanvasElement): boolean {
  const pixels = canvas.getContext('2d', { willReadFrequently: true })?.getImageData(0, 0, canvas.width, canvas.height).data
  return !pixels || inked(pixels, canvas.width, canvas.height) === null
}

/** As the server takes it: made smaller until it has few enough bytes. */
export async function pngOf(picture: ImageBitmap, area: Area, white: number | null): Promise<Blob> {
  if (Math.min(area.width, area.height) < SIDE_MIN) throw new PictureProblem('small')
  for (let side = SIDE_MAX; side >= 100; side = Math.floor(side * 0.75)) {
    const canvas = cut(picture, area, { white, side })
    if (Math.min(canvas.width, canvas.height) < SIDE_MIN) throw new PictureProblem('small')
    if (isBlank(canvas)) throw new PictureProblem('blank')
    const png = await new Promise<Blob | null>(done => canvas.toBlob(done, 'image/png'))
    if (png && png.size <= BYTES_MAX) return png
  }
  throw new PictureProblem('large')
}
