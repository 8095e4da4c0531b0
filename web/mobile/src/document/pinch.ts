// Two fingers on a scrolling box.
import type { Ref } from 'vue'

export const distance = (a: { clientX: number; clientY: number }, b: { clientX: number; clientY: number }) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY)

export function usePinch(box: Ref<HTMLElement | undefined>, zoom: () => number, zoomTo: (zoom: number, x: number, y: number) => void) {
  let from = 0
  let before = 1
  return {
    touchstart(event: TouchEvent) {
      if (event.touches.length !== 2) return
      from = distance(event.touches[0], event.touches[1])
      before = zoom()
    },
    touchmove(event: TouchEvent) {
      const place = box.value?.getBoundingClientRect()
      if (event.touches.length !== 2 || !from || !place) return
      event.preventDefault()
      const [a, b] = [event.touches[0], event.touches[1]]
      zoomTo((before * distance(a, b)) / from, (a.clientX + b.clientX) / 2 - place.left, (a.clientY + b.clientY) / 2 - place.top)
    },
    touchend() { from = 0 },
    touchcancel() { from = 0 },
  }
}
