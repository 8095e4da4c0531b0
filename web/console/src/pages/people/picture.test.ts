import { expect, it } from 'vitest'
import { clearWhite, inked } from './picture'

const picture = (side: number, colour: [number, number, number, number]) => Uint8ClampedArray.from({ length: side * side * 4 }, (_, i) => colour[i % 4] as number)

it('what is clear, or white, has no ink in it; nor what was made clear', () => {
  expect(inked(picture(20, [0, 0, 0, 0]), 20, 20)).toBeNull()
  expect(inked(picture(20, [255, 255, 255, 255]), 20, 20)).toBeNull()
  const pale = picture(20, [200, 200, 200, 255])
  expect(inked(pale, 20, 20)).not.toBeNull()
  clearWhite(pale, 100)
  expect(inked(pale, 20, 20)).toBeNull()
  const red = picture(20, [255, 255, 255, 255])
  red.set([200, 20, 30, 255], (10 * 20 + 10) * 4)
  expect(inked(red, 20, 20)).toEqual({ x: 8, y: 8, width: 5, height: 5 })
})
