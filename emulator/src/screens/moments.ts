import type { Handset, Screen } from '../phone/handset.ts'
import { list, Scroll } from '../phone/list.ts'
import { group, image, text, type Box, type UiNode } from '../phone/ui.ts'
import { backArrow, bar, BODY, menuRow, ROW } from './parts.ts'
import { POST_HEIGHT, PostControls } from './moment-post.ts'

const POSTS: Box = [0, 220, 1080, 1890]

/** 发现 → 朋友圈. */
export class Timeline implements Screen {
  readonly activity = 'plugin.sns.ui.SnsTimeLineUI'
  readonly #phone: Handset
  readonly #scroll = new Scroll()
  readonly #controls: PostControls
  #sheet = false

  constructor(phone: Handset) {
    this.#phone = phone
    this.#controls = new PostControls(phone)
  }

  draw(): readonly UiNode[] {
    const phone = this.#phone
    const moments = phone.world.timelineOf(phone.account)
    const camera = image('拍照分享', [940, 90, 110, 110], {
      id: phone.version.ids.camera,
      tap: () => {
        this.#sheet = true
      },
      hold: () => phone.open(phone.screens.composer([])),
    })
    return [
      backArrow(phone),
      camera,
      list(POSTS, this.#scroll, moments, (moment, box) => this.#controls.post(moment, box), { rowHeight: POST_HEIGHT }),
      ...this.#controls.input(),
      ...(this.#sheet ? [this.#menu()] : []),
    ]
  }

  back(): boolean {
    if (!this.#sheet) return this.#controls.dismiss()
    this.#sheet = false
    return true
  }

  #menu(): UiNode {
    const phone = this.#phone
    const pick = (): void => {
      this.#sheet = false
      phone.open(phone.screens.gallery('moment', (pictures) => phone.open(phone.screens.composer(pictures))))
    }
    const row = (name: string, y: number, tap: () => void): UiNode =>
      group(
        'LinearLayout',
        [0, y, 1080, ROW],
        [text(name, [300, y + 50, 480, 90], { id: phone.version.ids.sheetItem })],
        { tap },
      )
    return group(
      'FrameLayout',
      [0, 1700, 1080, 640],
      [
        row('拍摄', 1720, () => undefined),
        row('从相册选择', 1910, pick),
        row('取消', 2100, () => {
          this.#sheet = false
        }),
      ],
    )
  }
}

/** The Moments of one person, from the profile or from 我 → 朋友圈. */
export class PersonMoments implements Screen {
  readonly activity = 'plugin.sns.ui.SnsUserUI'
  readonly #phone: Handset
  readonly #person: string
  readonly #scroll = new Scroll()

  constructor(phone: Handset, person: string) {
    this.#phone = phone
    this.#person = person
  }

  draw(): readonly UiNode[] {
    const phone = this.#phone
    const own = this.#person === phone.account.wechatId
    const moments = phone.world.timelineOf(phone.account).filter((moment) => moment.author === this.#person)
    const { ids } = phone.version
    const rows = list(
      BODY,
      this.#scroll,
      moments,
      (moment, box) => {
        const [x, y] = box
        const count = moment.images.length
        return group(
          'LinearLayout',
          box,
          [
            text('今天', [x + 30, y + 30, 200, 80]),
            ...(moment.text === '' ? [] : [text(moment.text, [x + 260, y + 20, 780, 90], { id: ids.momentText })]),
            ...(count === 0 ? [] : [text(`共${count}张`, [x + 260, y + 110, 300, 60], { id: ids.rowDetail })]),
          ],
          { tap: () => phone.open(phone.screens.momentDetail(moment.id)) },
        )
      },
      // One's own Moments are what tells whether a post was made: the app never shows them in a false order.
      { rowHeight: ROW, stays: () => own },
    )
    return [...bar(phone, own ? '我的朋友圈' : phone.world.displayName(phone.account, this.#person)), rows]
  }
}

/** One Moment on a page of its own. */
export class MomentDetail implements Screen {
  readonly activity = 'plugin.sns.ui.SnsCommentDetailUI'
  readonly #phone: Handset
  readonly #moment: string
  readonly #controls: PostControls

  constructor(phone: Handset, moment: string) {
    this.#phone = phone
    this.#moment = moment
    this.#controls = new PostControls(phone)
  }

  draw(): readonly UiNode[] {
    const moment = this.#phone.world.moments.find((one) => one.id === this.#moment)
    const post = moment
      ? [this.#controls.post(moment, [0, 220, 1080, POST_HEIGHT])]
      : [menuRow(this.#phone, '内容已删除', BODY)]
    return [...bar(this.#phone, '详情'), ...post, ...this.#controls.input()]
  }

  back(): boolean {
    return this.#controls.dismiss()
  }
}
