import type { Handset, Screen } from '../phone/handset.ts'
import { list, mixedList, Scroll, type Row } from '../phone/list.ts'
import { group, text, type Box, type UiNode } from '../phone/ui.ts'
import { BODY, menuRow, namedRow, ROW, title, tool } from './parts.ts'

const TABS = ['微信', '通讯录', '发现', '我'] as const
const TAB_BODY: Box = [0, 220, 1080, 1940]

/** The app's first screen with its four tabs. */
export class Home implements Screen {
  readonly activity = 'ui.LauncherUI'
  readonly #phone: Handset
  readonly #chats = new Scroll()
  readonly #contacts = new Scroll()
  #tab: (typeof TABS)[number] = '微信'
  #menu = false

  constructor(phone: Handset) {
    this.#phone = phone
  }

  draw(): readonly UiNode[] {
    const phone = this.#phone
    const tabs = TABS.map((name, index) =>
      text(name, [index * 270, 2200, 270, 130], {
        id: phone.version.ids.tab,
        selected: name === this.#tab,
        tap: () => {
          this.#tab = name
          this.#menu = false
        },
      }),
    )
    const tools = [
      tool(phone, '搜索', 820, () => phone.open(phone.screens.search())),
      tool(phone, '更多功能按钮', 940, () => {
        this.#menu = !this.#menu
      }),
    ]
    return [title(phone, this.#tab), ...tools, this.#body(), ...tabs, ...(this.#menu ? [this.#more()] : [])]
  }

  back(): boolean {
    const open = this.#menu
    this.#menu = false
    return open
  }

  /** What hangs below the + button. */
  #more(): UiNode {
    const phone = this.#phone
    const start = (): void => {
      this.#menu = false
      phone.open(phone.screens.newGroup())
    }
    const rows = ['发起群聊', '添加朋友', '扫一扫', '收付款'].map((name, index) => {
      const box: Box = [640, 210 + index * 130, 420, 130]
      const words = text(name, [700, box[1] + 30, 340, 70], { id: phone.version.ids.popupItem })
      return group('LinearLayout', box, [words], { tap: name === '发起群聊' ? start : () => undefined })
    })
    return group('FrameLayout', [640, 210, 420, 520], rows)
  }

  #body(): UiNode {
    if (this.#tab === '微信') return this.#chatList()
    if (this.#tab === '通讯录') return this.#contactList()
    return this.#tab === '发现' ? this.#discover() : this.#me()
  }

  #chatList(): UiNode {
    const phone = this.#phone
    const chats = [...phone.account.chats.entries()].toReversed()
    return list(
      TAB_BODY,
      this.#chats,
      chats,
      ([id, messages], box) => {
        const last = messages.at(-1)
        const detail = last?.kind === 'IMAGE' ? '[图片]' : (last?.text ?? '')
        const name = phone.world.chatName(phone.account, id)
        return namedRow(phone, box, { name, detail, cls: phone.version.chatName }, () =>
          phone.open(phone.screens.chat(id)),
        )
      },
      { rowHeight: ROW },
    )
  }

  #contactList(): UiNode {
    const phone = this.#phone
    const contacts = [...phone.account.contacts.values()]
    const fixed: readonly (readonly [string, () => void])[] = [
      ['新的朋友', () => undefined],
      ['群聊', () => phone.open(phone.screens.groupList())],
      ['标签', () => undefined],
      ['公众号', () => undefined],
    ]
    const rows: Row[] = [
      ...fixed.map(([name, tap]): Row => ({ stays: true, draw: (box) => menuRow(phone, name, box, { tap }) })),
      ...contacts.map((contact): Row => ({
        draw: (box) =>
          namedRow(phone, box, { name: contact.remark ?? contact.nickname }, () =>
            phone.open(phone.screens.profile(contact.id)),
          ),
      })),
      { stays: true, draw: (box) => text(phone.version.contactCount(contacts.length), box) },
    ]
    return mixedList(TAB_BODY, this.#contacts, rows, ROW)
  }

  #discover(): UiNode {
    const phone = this.#phone
    const rows = ['朋友圈', '扫一扫', '搜一搜'].map((name, index) => {
      const box: Box = [0, 220 + index * ROW, 1080, ROW]
      const tap = name === '朋友圈' ? () => phone.open(phone.screens.timeline()) : () => undefined
      return group('LinearLayout', box, [text(name, [140, box[1] + 50, 500, 90], { id: 'android:id/title' })], { tap })
    })
    return group('ListView', TAB_BODY, rows)
  }

  #me(): UiNode {
    const phone = this.#phone
    const { account, version } = phone
    const rows: readonly (readonly [string, () => void])[] = [
      ['服务', () => undefined],
      ['收藏', () => undefined],
      ['朋友圈', () => phone.open(phone.screens.personMoments(account.wechatId))],
      ['设置', () => phone.open(phone.screens.settings())],
    ]
    return group('ListView', BODY, [
      text(account.nickname, [240, 260, 700, 90], { id: version.ids.rowName }),
      text(version.ownId(account.wechatId), [240, 360, 700, 70], { id: version.ids.rowDetail }),
      ...rows.map(([name, tap], index) => menuRow(phone, name, [0, 500 + index * ROW, 1080, ROW], { tap })),
    ])
  }
}
