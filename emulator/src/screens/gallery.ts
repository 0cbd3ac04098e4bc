import { posix } from 'node:path'
import type { Handset, Screen } from '../phone/handset.ts'
import { button, group, image, list, Scroll, text, type Box, type UiNode } from '../phone/ui.ts'
import { backArrow } from './parts.ts'

const GRID: Box = [0, 220, 1080, 1890]
const CELL = 270
const MOST = 9

/** The picture picker of chats and of Moments: newest first, nine at most, in the order of the ticks. */
export class Gallery implements Screen {
  readonly activity = 'plugin.gallery.ui.AlbumPreviewUI'
  readonly #phone: Handset
  readonly #label: string
  readonly #onDone: (pictures: readonly string[]) => void
  readonly #scroll = new Scroll()
  #ticked: readonly string[] = []

  constructor(phone: Handset, purpose: 'chat' | 'moment', onDone: (pictures: readonly string[]) => void) {
    this.#phone = phone
    this.#label = purpose === 'chat' ? '发送' : '完成'
    this.#onDone = onDone
  }

  draw(): readonly UiNode[] {
    const phone = this.#phone
    const files = phone.account.gallery.toReversed().map((file, index) => ({ ...file, number: index + 1 }))
    const rows = Array.from({ length: Math.ceil(files.length / 4) }, (_, row) => files.slice(row * 4, row * 4 + 4))
    const grid = list(
      GRID,
      this.#scroll,
      rows,
      (row, box) =>
        group(
          'LinearLayout',
          box,
          row.map((file, column) => this.#cell(file, [column * CELL, box[1], CELL, CELL])),
        ),
      { rowHeight: CELL, cls: 'GridView' },
    )
    const count = this.#ticked.length
    const done = count === 0 ? undefined : () => this.#finish(files)
    return [
      backArrow(() => phone.close()),
      text('图片和视频', [140, 90, 500, 110]),
      grid,
      button(count === 0 ? this.#label : `${this.#label}(${count}/${MOST})`, [800, 2180, 250, 120], done),
    ]
  }

  #cell(file: { path: string; number: number }, box: Box): UiNode {
    const [x, y] = box
    const ticked = this.#ticked.includes(file.path)
    return group('RelativeLayout', box, [
      image(`图片 ${file.number}, ${posix.basename(file.path)}`, box),
      {
        cls: 'CheckBox',
        box: [x + 190, y + 10, 70, 70],
        id: this.#phone.version.ids.cell,
        checked: ticked,
        tap: () => this.#toggle(file.path, ticked),
      },
    ])
  }

  #toggle(path: string, ticked: boolean): void {
    if (ticked) this.#ticked = this.#ticked.filter((one) => one !== path)
    else if (this.#ticked.length < MOST) this.#ticked = [...this.#ticked, path]
    else this.#phone.dialog(`你最多只能选择${MOST}张图片`, [['我知道了', () => undefined]])
  }

  #finish(files: readonly { path: string; sha256: string }[]): void {
    const pictures = this.#ticked.flatMap((path) => files.find((file) => file.path === path)?.sha256 ?? [])
    const finish = (): void => {
      this.#phone.close()
      this.#onDone(pictures)
    }
    if (this.#label === '发送') this.#phone.lastTap(finish)
    else finish()
  }
}
