// Gives pictures to the worker that reads codes, one at a time.
import type { Picture } from './decode.worker'

export class Decoder {
  private worker: Worker | null = null
  private waiting: { done: (text: string) => void; failed: (error: Error) => void } | null = null

  get busy() {
    return this.waiting !== null
  }

  /** The text of the code in the picture; '' where there is none. */
  read({ data, width, height }: ImageData, thorough = false): Promise<string> {
    if (this.waiting) return Promise.reject(new Error('one picture at a time'))
    return new Promise((done, failed) => {
      this.waiting = { done, failed }
      const picture: Picture = { data, width, height, thorough }
      this.start().postMessage(picture, [data.buffer as ArrayBuffer])
    })
  }

  close() {
    this.worker?.terminate()
    this.worker = null
    this.waiting?.done('')
    this.waiting = null
  }

  private start(): Worker {
    if (this.worker) return this.worker
    const worker = this.worker = new Worker(new URL('./decode.worker.ts', import.meta.url), { type: 'module' })
    worker.onmessage = (event: MessageEvent<string>) => {
      const { done } = this.waiting ?? {}
      this.waiting = null
      done?.(event.data)
    }
    worker.onerror = () => {
      const { failed } = this.waiting ?? {}
      this.close()
      failed?.(new Error('the reader of codes does not run'))
    }
    return worker
  }
}

const context = (width: number, height: number) => {
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  return canvas.getContext('2d', { willReadFrequently: true })
}

/** Width and height that fit into `most`, in whole pixels. */
export function fitInto(width: number, height: number, most: number): [number, number] {
  const scale = Math.min(1, most / Math.max(width, height, 1))
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))]
}

/** Frames of a video, one after the other: a code fills a good part of what the camera sees, so 640 pixels are enough, and quick. */
export function framesOf(video: HTMLVideoElement): () => ImageData | null {
  let painter: CanvasRenderingContext2D | null = null
  return () => {
    if (video.readyState < 2 || !video.videoWidth) return null
    const [width, height] = fitInto(video.videoWidth, video.videoHeight, 640)
    if (painter?.canvas.width !== width || painter.canvas.height !== height) painter = context(width, height)
    painter?.drawImage(video, 0, 0, width, height)
    return painter?.getImageData(0, 0, width, height) ?? null
  }
}

/** A picture of the album, small to large: jsqr finds large codes in small pictures, and small codes in large ones. */
export async function readPicture(decoder: Decoder, file: Blob): Promise<string> {
  const bitmap = await createImageBitmap(file)
  try {
    for (const most of [600, 1200, 2000]) {
      const [width, height] = fitInto(bitmap.width, bitmap.height, most)
      const painter = context(width, height)
      if (!painter) break
      painter.fillStyle = '#fff'
      painter.fillRect(0, 0, width, height)
      painter.drawImage(bitmap, 0, 0, width, height)
      const text = await decoder.read(painter.getImageData(0, 0, width, height), true)
      if (text) return text
    }
    return ''
  } finally {
    bitmap.close()
  }
}
