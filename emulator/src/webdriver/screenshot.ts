import { PNG } from 'pngjs'
import { SCREEN, type Box, type Placed } from '../phone/ui.ts'

const SCALE = 4

/** A quarter-size picture of the screen: every node's frame, filled where it can be touched. PNG as base64. */
export function screenshot(nodes: readonly Placed[]): string {
  const png = new PNG({ width: SCREEN.width / SCALE, height: SCREEN.height / SCALE })
  png.data.fill(255)
  for (const { node } of nodes) {
    if (node.tap) paint(png, node.box, [226, 240, 226], false)
    paint(png, node.box, node.text === undefined && node.desc === undefined ? [220, 220, 220] : [60, 120, 60], true)
  }
  return PNG.sync.write(png).toString('base64')
}

function paint(png: PNG, box: Box, colour: readonly [number, number, number], frame: boolean): void {
  const [left, top, width, height] = box.map((value) => Math.floor(value / SCALE)) as [number, number, number, number]
  const right = Math.min(png.width, left + width) - 1
  const bottom = Math.min(png.height, top + height) - 1
  for (let y = top; y <= bottom; y++) {
    const step = frame && y !== top && y !== bottom ? Math.max(1, right - left) : 1
    for (let x = left; x <= right; x += step) {
      const at = (y * png.width + x) * 4
      png.data.set(colour, at)
    }
  }
}
