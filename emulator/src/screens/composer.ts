import { MOMENT_DRAFT, type Visibility } from '../world/model.ts'
import type { Choice, Handset, Screen } from '../phone/handset.ts'
import { button, group, image, text, type UiNode } from '../phone/ui.ts'
import { backArrow, bar, field, menuRow, ROW } from './parts.ts'

const LABELS: Record<Choice, string> = { ALL: '公开', PRIVATE: '私密', INCLUDE: '部分可见', EXCLUDE: '不给谁看' }

/** Writes a Moment. A text that was kept fills the next one. */
export class Composer implements Screen {
  readonly activity = 'plugin.sns.ui.SnsUploadUI'
  readonly #phone: Handset
  readonly #pictures: readonly string[]
  #text: string
  #visibility: Visibility = 'ALL'

  constructor(phone: Handset, pictures: readonly string[]) {
    this.#phone = phone
    this.#pictures = pictures
    this.#text = phone.account.drafts.get(MOMENT_DRAFT) ?? ''
  }

  draw(): readonly UiNode[] {
    const phone = this.#phone
    const empty = this.#text === '' && this.#pictures.length === 0
    const input = field(phone, 'moment', [40, 260, 1000, 400], this.#text, {
      hint: phone.version.momentHint,
      id: phone.version.ids.input,
      onText: (typed) => {
        this.#text = typed
      },
    })
    const choose = (): void =>
      phone.open(
        phone.screens.visibility(this.#visibility, (chosen) => {
          this.#visibility = chosen
        }),
      )
    return [
      backArrow(phone, () => this.back()),
      button('发表', [860, 90, 190, 110], empty ? undefined : () => this.#publish(), { id: phone.version.ids.send }),
      input,
      ...this.#pictures.map((_, index) =>
        image(`图片 ${index + 1}`, [40 + (index % 3) * 340, 700 + Math.floor(index / 3) * 240, 320, 220], {
          id: phone.version.ids.picture,
        }),
      ),
      menuRow(phone, '谁可以看', [0, 1480, 1080, ROW], { tap: choose, value: label(this.#visibility) }),
    ]
  }

  back(): boolean {
    const phone = this.#phone
    const leave = (kept: string): void => {
      phone.world.keepDraft(phone.account, MOMENT_DRAFT, kept)
      phone.close()
    }
    if (this.#text === '' && this.#pictures.length === 0) leave('')
    else {
      const { drop, keep } = phone.version.leave
      phone.dialog(`将此次编辑${keep}？`, [
        [drop, () => leave('')],
        [keep, () => leave(this.#text)],
      ])
    }
    return true
  }

  #publish(): void {
    const phone = this.#phone
    phone.lastTap(() => {
      const { wechatId } = phone.account
      phone.world.post({ author: wechatId, text: this.#text, images: this.#pictures, visibility: this.#visibility })
      phone.world.keepDraft(phone.account, MOMENT_DRAFT, '')
      phone.close()
    })
  }
}

/** 谁可以看. */
export class VisibilityChoice implements Screen {
  readonly activity = 'plugin.sns.ui.SnsLabelUI'
  readonly #phone: Handset
  readonly #onDone: (chosen: Visibility) => void
  #chosen: Visibility

  constructor(phone: Handset, current: Visibility, onDone: (chosen: Visibility) => void) {
    this.#phone = phone
    this.#chosen = current
    this.#onDone = onDone
  }

  draw(): readonly UiNode[] {
    const phone = this.#phone
    const done = (): void => {
      phone.close()
      this.#onDone(this.#chosen)
    }
    const rows = (['ALL', 'PRIVATE', 'INCLUDE', 'EXCLUDE'] as const).map((choice, index) =>
      this.#row(choice, 240 + index * ROW),
    )
    return [
      ...bar(phone, '谁可以看'),
      button('完成', [860, 90, 190, 110], done, { id: phone.version.ids.action }),
      group('ListView', [0, 240, 1080, 4 * ROW], rows),
    ]
  }

  #row(choice: Choice, y: number): UiNode {
    const selected = typeof this.#chosen === 'string' ? this.#chosen === choice : this.#chosen.type === choice
    const count = selected && typeof this.#chosen !== 'string' ? this.#chosen.contacts.length : 0
    return group(
      'LinearLayout',
      [0, y, 1080, ROW],
      [
        text(LABELS[choice], [120, y + 50, 500, 90], { selected, id: this.#phone.version.ids.menuName }),
        ...(count === 0 ? [] : [text(`已选${count}人`, [640, y + 50, 400, 90])]),
      ],
      { tap: () => this.#choose(choice), selected },
    )
  }

  #choose(choice: Choice): void {
    if (choice === 'ALL' || choice === 'PRIVATE') {
      this.#chosen = choice
      return
    }
    this.#phone.open(
      this.#phone.screens.selectContacts((contacts) => {
        this.#chosen = { type: choice, contacts }
      }),
    )
  }
}

const label = (visibility: Visibility): string =>
  typeof visibility === 'string' ? LABELS[visibility] : `${LABELS[visibility.type]}(${visibility.contacts.length})`
