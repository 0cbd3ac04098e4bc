import { z } from 'zod'
import type { Phone } from '../phone/phone.ts'
import { explained } from '../schema.ts'
import { WebDriverError } from './error.ts'
import { pageSource } from './page-source.ts'
import type { Session } from './session.ts'

const LONG_PRESS_MS = 500
const STILL_PIXELS = 20

const Step = z.looseObject({
  type: z.enum(['pause', 'pointerDown', 'pointerUp', 'pointerMove', 'pointerCancel', 'keyDown', 'keyUp']),
  duration: z.number().min(0).optional(),
  x: z.number().optional(),
  y: z.number().optional(),
  origin: z.unknown().optional(),
})
export const Actions = z.object({
  actions: z.array(z.looseObject({ type: z.string(), id: z.string(), actions: z.array(Step).default([]) })),
})

/** W3C pointer actions: a tap, a long press (from 500 ms) or a swipe for each finger that goes down and up. */
export function performActions(session: Session, { actions }: z.infer<typeof Actions>): void {
  for (const source of actions) {
    if (source.type !== 'pointer') continue
    let at = { x: 0, y: 0 }
    let down: { x: number; y: number } | undefined
    let heldMs = 0
    for (const step of source.actions) {
      if (step.type === 'pointerMove') at = { x: step.x ?? 0, y: step.y ?? 0 }
      if (step.type === 'pause' || step.type === 'pointerMove') heldMs += down ? (step.duration ?? 0) : 0
      if (step.type === 'pointerDown') {
        down = at
        heldMs = 0
      }
      if (step.type === 'pointerUp' && down) {
        release(session.phone, down, at, heldMs)
        down = undefined
      }
    }
  }
}

function release(phone: Phone, from: { x: number; y: number }, to: { x: number; y: number }, heldMs: number): void {
  if (Math.hypot(to.x - from.x, to.y - from.y) > STILL_PIXELS) phone.scroll(from.x, from.y, from.y - to.y)
  else phone.touch(from.x, from.y, heldMs >= LONG_PRESS_MS)
}

const Area = z.looseObject({
  elementId: z.string().optional(),
  left: z.number().optional(),
  top: z.number().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
  direction: z.enum(['up', 'down', 'left', 'right']),
  percent: z.number().positive().max(1).default(1),
})
const Point = z.looseObject({
  elementId: z.string().optional(),
  x: z.number().optional(),
  y: z.number().optional(),
  duration: z.number().min(0).optional(),
})

/** `mobile: scrollGesture` and `mobile: swipeGesture`; answers whether there is more in that direction. */
export function scrollBy(session: Session, argument: unknown, swipe: boolean): boolean {
  const area = parse(Area, argument)
  const box = area.elementId === undefined ? undefined : session.element(area.elementId).node.box
  const [left, top, width, height] = box ?? [area.left ?? 0, area.top ?? 0, area.width ?? 0, area.height ?? 0]
  if (height <= 0 || width <= 0) throw new WebDriverError('invalid argument', 'the area needs a width and a height')
  const direction = swipe ? { up: 'down', down: 'up', left: 'right', right: 'left' }[area.direction] : area.direction
  const pixels = Math.round(height * area.percent) * (direction === 'up' ? -1 : 1)
  const x = left + width / 2
  const y = top + height / 2
  // A gesture is no look: it gives no fault a chance.
  const { phone } = session
  const before = pageSource(phone.nodes(), phone.appPackage)
  phone.scroll(x, y, pixels)
  return pageSource(phone.nodes(), phone.appPackage) !== before
}

/** `mobile: clickGesture` and `mobile: longClickGesture`. */
export function pressAt(session: Session, argument: unknown, held: boolean): void {
  const point = parse(Point, argument)
  const long = held && (point.duration ?? LONG_PRESS_MS) >= LONG_PRESS_MS
  if (point.elementId !== undefined) return session.click(point.elementId, long)
  if (point.x === undefined || point.y === undefined) {
    throw new WebDriverError('invalid argument', 'give elementId, or x and y')
  }
  session.phone.touch(point.x, point.y, long)
}

export function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new WebDriverError('invalid argument', explained(result.error))
}
