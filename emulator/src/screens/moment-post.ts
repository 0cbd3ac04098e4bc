import type { Moment } from '../world/model.ts'
import type { Handset } from '../phone/handset.ts'
import { button, group, image, text, type Box, type UiNode } from '../phone/ui.ts'
import { face, field } from './parts.ts'

/** Room that one post takes on the timeline. */
export const POST_HEIGHT = 620

/** A post with its ·· button: the same on the timeline and on the page of its own. */
export class PostControls {
  readonly #phone: Handset
  #popup: string | undefined
  #writingOn: string | undefined
  #comment = ''

  constructor(phone: Handset) {
    this.#phone = phone
  }

  post(moment: Moment, box: Box): UiNode {
    const { world, account, version } = this.#phone
    const [x, y] = box
    const name = world.displayName(account, moment.author)
    const marker = moment.author === account.wechatId ? visibilityMark(moment) : undefined
    const likes = moment.likes.map((by) => world.displayName(account, by)).join(version.likedBy)
    const comments = moment.comments.slice(-4).map(({ by, text: words }, index) =>
      text(`${world.displayName(account, by)}: ${words}`, [x + 180, y + 390 + index * 55, 860, 55], {
        id: version.ids.comment,
      }),
    )
    return group('LinearLayout', box, [
      face(this.#phone, name, [x + 30, y + 20, 120, 120]),
      text(name, [x + 180, y + 20, 700, 70], { id: version.ids.author }),
      ...(moment.text === '' ? [] : [text(moment.text, [x + 180, y + 90, 860, 80], { id: version.ids.momentText })]),
      ...moment.images.map((_, index) =>
        image('图片', [x + 180 + index * 92, y + 180, 90, 90], { id: version.ids.picture }),
      ),
      text('刚刚', [x + 180, y + 280, 300, 50]),
      ...(marker === undefined ? [] : [image(marker, [x + 500, y + 280, 50, 50])]),
      image('评论', [x + 940, y + 280, 100, 60], { tap: () => this.#toggle(moment.id), id: version.ids.controls }),
      ...this.#menu(moment, box),
      ...(likes === '' ? [] : [text(`♡ ${likes}`, [x + 180, y + 340, 860, 50], { id: version.ids.likes })]),
      ...comments,
    ])
  }

  /** The field for a comment, once asked for. */
  input(): UiNode[] {
    const moment = this.#writingOn
    if (moment === undefined) return []
    const phone = this.#phone
    const input = field(phone, 'comment', [30, 2130, 800, 120], this.#comment, {
      hint: '评论',
      id: phone.version.ids.input,
      onText: (typed) => {
        this.#comment = typed
      },
    })
    const send = this.#comment === '' ? undefined : () => this.#send(moment)
    return [input, button('发送', [860, 2130, 190, 120], send, { id: phone.version.ids.send })]
  }

  /** Closes what is open over the posts; true when something was. */
  dismiss(): boolean {
    const open = this.#popup !== undefined || this.#writingOn !== undefined
    this.#popup = undefined
    this.#writingOn = undefined
    return open
  }

  #toggle(moment: string): void {
    this.#popup = this.#popup === moment ? undefined : moment
    this.#writingOn = undefined
  }

  #menu(moment: Moment, [x, y]: Box): UiNode[] {
    if (this.#popup !== moment.id) return []
    const { world, account, version } = this.#phone
    const { popupItem } = version.ids
    const liked = moment.likes.includes(account.wechatId)
    const like = (): void => {
      this.#popup = undefined
      this.#phone.lastTap(() => world.setLike(moment.id, account.wechatId, !liked))
    }
    const write = (): void => {
      this.#popup = undefined
      this.#writingOn = moment.id
      this.#comment = ''
      this.#phone.focus('comment')
    }
    const area: Box = [x + 480, y + 270, 440, 80]
    return [
      group('FrameLayout', area, [
        text(liked ? '取消' : '赞', [area[0], area[1], 220, 80], { tap: like, id: popupItem }),
        text('评论', [area[0] + 220, area[1], 220, 80], { tap: write, id: popupItem }),
      ]),
    ]
  }

  #send(moment: string): void {
    const { world, account } = this.#phone
    this.#phone.lastTap(() => {
      world.comment(moment, account.wechatId, this.#comment)
      this.#comment = ''
      this.#writingOn = undefined
    })
  }
}

function visibilityMark({ visibility }: Moment): string | undefined {
  if (visibility === 'ALL') return undefined
  return visibility === 'PRIVATE' ? '私密' : '部分可见'
}
