// Looks for a QR code in a picture, away from the page, so that the camera's picture never stands still.
import jsQR from 'jsqr'

export interface Picture { data: Uint8ClampedArray; width: number; height: number; thorough: boolean }

self.onmessage = (event: MessageEvent<Picture>) => {
  const { data, width, height, thorough } = event.data
  // Codes that are light on dark are looked for in still pictures only: it takes twice as long.
  self.postMessage(jsQR(data, width, height, { inversionAttempts: thorough ? 'attemptBoth' : 'dontInvert' })?.data ?? '')
}
