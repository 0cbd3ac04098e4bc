import type { Handset } from '../phone/handset.ts'
import { group, image, text, type Box, type UiNode } from '../phone/ui.ts'

/** The list below the title bar of most screens. */
export const BODY: Box = [0, 220, 1080, 2100]
export const ROW = 190

export const title = (phone: Handset, words: string): UiNode =>
  text(words, [140, 90, 700, 110], { id: phone.version.ids.title })

export const backArrow = (phone: Handset, tap: () => void = () => phone.close()): UiNode =>
  image('返回', [20, 90, 100, 110], { tap, id: phone.version.ids.back })

/** One of the small pictures in a title bar. */
export const tool = (phone: Handset, desc: string, x: number, tap?: () => void): UiNode =>
  image(desc, [x, 90, 110, 110], { tap, id: phone.version.ids.tool })

/** A title bar with an arrow that closes the screen. */
export const bar = (phone: Handset, words: string): UiNode[] => [backArrow(phone), title(phone, words)]

/** Somebody's picture. */
export const face = (phone: Handset, name: string, box: Box, tap?: () => void): UiNode =>
  image(`${name}头像`, box, { tap, id: phone.version.ids.face })

/** A row with one line, such as those of menus. */
export const menuRow = (
  phone: Handset,
  words: string,
  box: Box,
  options: { tap?: () => void; value?: string } = {},
): UiNode => {
  const { tap = () => undefined, value } = options
  return group(
    'LinearLayout',
    box,
    [
      text(words, [box[0] + 40, box[1] + 50, 500, 90], { id: phone.version.ids.menuName }),
      ...(value === undefined ? [] : [text(value, [box[0] + 600, box[1] + 50, 440, 90], { id: 'android:id/summary' })]),
    ],
    { tap },
  )
}

/** A row with somebody's or something's name and, below it, why it is listed. */
export function namedRow(
  phone: Handset,
  box: Box,
  row: { name: string; detail?: string | undefined; cls?: string },
  tap: () => void,
): UiNode {
  const { ids } = phone.version
  const [x, y, width] = box
  const name = text(row.name, [x + 180, y + 30, width - 220, 70], { id: ids.rowName, cls: row.cls ?? 'TextView' })
  const detail =
    row.detail === undefined ? [] : [text(row.detail, [x + 180, y + 110, width - 220, 60], { id: ids.rowDetail })]
  return group('RelativeLayout', box, [image('', [x + 30, y + 30, 130, 130]), name, ...detail], { tap })
}

/** A field for text. Android shows its hint as its text while it is empty. */
export function field(
  phone: Handset,
  name: string,
  box: Box,
  value: string,
  options: { hint: string; id?: string; onText: (text: string) => void },
): UiNode {
  return {
    cls: 'EditText',
    box,
    text: value === '' ? options.hint : value,
    hint: options.hint,
    id: options.id,
    focused: phone.isFocused(name),
    tap: () => phone.focus(name),
    type: (typed) => {
      phone.focus(name)
      options.onText(typed)
    },
  }
}
