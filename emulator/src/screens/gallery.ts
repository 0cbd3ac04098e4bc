import { posix } from 'node:path'
import type { Handset, Screen } from '../phone/handset.ts'
import { grid, Scroll } from '../phone/list.ts'
import { button, group, image, text, type Box, type UiNode } from '../phone/ui.ts'
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
    const { ids } = phone.version
    const files = phone.account.gallery.toReversed()
    const count = this.#ticked.length
    const done = count === 0 ? undefined : () => this.#finish(files)
    return [
      backArrow(phone),
      text('图片和视频', [140, 90, 500, 110], { id: ids.album }),
      grid(GRID, this.#scroll, files, ({ path }, box, index) => this.#cell(path, box, index + 1), {
        columns: GRID[2] / CELL,
        rowHeight: CELL,
      }),
      button(count === 0 ? this.#label : `${this.#label}(${count}/${MOST})`, [800, 2180, 250, 120], done, {
        id: ids.action,
      }),
    ]
  }

  #cell(path: string, box: Box, number: number): UiNode {
    const { ids, tick } = this.#phone.version
    const [x, y] = box
    const ticked = this.#ticked.includes(path)
    return group('RelativeLayout', box, [
      image(`图片 ${number}, ${posix.basename(path)}`, box, { id: ids.picture }),
      {
        cls: tick,
        box: [x + 190, y + 10, 70, 70],
        id: ids.cell,
        checked: ticked,
        tap: () => this.#toggle(path, ticked),
      },
    ])
  }

  #toggle(path: string, ticked: boolean): void {
    if (ticked) this.#ticked = this.#ticked.filter((one) => one !== path)
    else if (this.#ticked.length < MOST) this.#ticked = [...this.#ticked, path]
    else this.#phone.dialog(`你最多只能选择${MOST}张图片`, [[this.#phone.version.understood, () => undefined]])
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
