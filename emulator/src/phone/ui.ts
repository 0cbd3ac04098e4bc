/** Left, top, width and height in pixels of a 1080 by 2340 screen. */
export type Box = readonly [x: number, y: number, width: number, height: number]

export const SCREEN = { width: 1080, height: 2340 } as const

/** A node of the accessibility tree as UiAutomator2 reports it, with what it does when it is touched. */
export interface UiNode {
  /** Short names are completed with `android.widget.`. */
  readonly cls: string
  readonly box: Box
  readonly text?: string | undefined
  readonly desc?: string | undefined
  readonly id?: string | undefined
  readonly hint?: string | undefined
  readonly checked?: boolean | undefined
  readonly selected?: boolean | undefined
  readonly enabled?: boolean | undefined
  readonly focused?: boolean | undefined
  readonly children?: readonly UiNode[] | undefined
  readonly tap?: (() => void) | undefined
  readonly hold?: (() => void) | undefined
  /** Replaces the text of an input. */
  readonly type?: ((text: string) => void) | undefined
  /** Moves a list by so many pixels; positive shows what is further down. */
  readonly scroll?: ((pixels: number) => void) | undefined
  /** Puts the rows of a list in another order, which a number in [0, 1) decides; without one in their own again. */
  readonly reorder?: ((draw: number | undefined) => void) | undefined
}

type Extras = Omit<UiNode, 'cls' | 'box' | 'text' | 'desc'>

export const text = (content: string, box: Box, extras: Extras & { cls?: string } = {}): UiNode => ({
  cls: 'TextView',
  text: content,
  box,
  ...extras,
})

export const image = (desc: string, box: Box, extras: Extras = {}): UiNode => ({
  cls: 'ImageView',
  desc,
  box,
  ...extras,
})

export const button = (content: string, box: Box, tap: (() => void) | undefined, extras: Extras = {}): UiNode => ({
  cls: 'Button',
  text: content,
  box,
  tap,
  enabled: tap !== undefined,
  ...extras,
})

export const group = (cls: string, box: Box, children: readonly UiNode[], extras: Extras = {}): UiNode => ({
  cls,
  box,
  children,
  ...extras,
})

/** A node in its place in the tree: `key` names the view behind it, which a list may give to another row. */
export interface Placed {
  readonly node: UiNode
  readonly key: string
  readonly parents: readonly UiNode[]
}

/** All nodes from the root down, in document order. */
export function flatten(root: UiNode, key: string, parents: readonly UiNode[] = []): Placed[] {
  const below = [...parents, root]
  return [
    { node: root, key, parents },
    ...(root.children ?? []).flatMap((child, index) => flatten(child, `${key}/${index}`, below)),
  ]
}

export const className = (node: UiNode): string => (node.cls.includes('.') ? node.cls : `android.widget.${node.cls}`)

export const contains = ([x, y, width, height]: Box, px: number, py: number): boolean =>
  px >= x && px < x + width && py >= y && py < y + height

export const centre = ([x, y, width, height]: Box): { x: number; y: number } => ({
  x: Math.floor(x + width / 2),
  y: Math.floor(y + height / 2),
})
