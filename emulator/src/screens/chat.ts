import type { Message } from '../world/model.ts'
import type { Outgoing } from '../world/world.ts'
import type { Handset, Screen } from '../phone/handset.ts'
import { button, group, image, text, type Box, type UiNode } from '../phone/ui.ts'
import { backArrow, face, field, ROW, title, tool } from './parts.ts'

const MESSAGES: Box = [0, 220, 1080, 1900]
const VISIBLE = Math.floor(MESSAGES[3] / ROW)

/** A conversation with a person or a group. */
export class Chat implements Screen {
  readonly activity: string
  readonly #phone: Handset
  readonly #chat: string
  /** Rows between the newest message and the lowest one shown. */
  #up = 0
  #panel = false

  constructor(phone: Handset, chat: string) {
    this.activity = phone.version.activities.chat
    this.#phone = phone
    this.#chat = chat
  }

  draw(): readonly UiNode[] {
    const phone = this.#phone
    const info = this.#group() ? phone.screens.groupInfo(this.#chat) : phone.screens.contactInfo(this.#chat)
    return [
      backArrow(phone),
      title(phone, this.#title()),
      tool(phone, '聊天信息', 940, () => phone.open(info)),
      this.#messages(),
      ...this.#inputBar(),
    ]
  }

  #group(): { name: string; members: readonly string[] } | undefined {
    return this.#phone.world.groups.get(this.#chat)
  }

  #title(): string {
    const found = this.#group()
    return found
      ? `${found.name === '' ? '群聊' : found.name}(${found.members.length})`
      : this.#phone.world.displayName(this.#phone.account, this.#chat)
  }

  #messages(): UiNode {
    const all = this.#phone.account.chats.get(this.#chat) ?? []
    const most = Math.max(0, all.length - VISIBLE)
    this.#up = Math.min(this.#up, most)
    const end = all.length - this.#up
    const rows = all
      .slice(Math.max(0, end - VISIBLE), end)
      .map((message, index) => this.#bubble(message, [0, MESSAGES[1] + index * ROW, 1080, ROW]))
    const scroll = (pixels: number): void => {
      this.#up = Math.max(0, Math.min(most, this.#up - Math.trunc(pixels / ROW)))
    }
    return group('ListView', MESSAGES, rows, { scroll })
  }

  #bubble(message: Message, box: Box): UiNode {
    const { account, world, version } = this.#phone
    const own = message.from === account.wechatId
    const y = box[1]
    const name = own ? account.nickname : world.displayName(account, message.from)
    const avatar = face(this.#phone, name, [own ? 940 : 30, y + 20, 110, 110])
    const place: Box = [own ? 400 : 160, y + 20, 520, 150]
    const content =
      message.kind === 'TEXT'
        ? text(message.text ?? '', place, { id: version.ids.bubble, cls: version.chatName })
        : image('图片', place, { id: version.ids.picture })
    return group('RelativeLayout', box, [avatar, content])
  }

  #inputBar(): UiNode[] {
    const phone = this.#phone
    const draft = phone.account.drafts.get(this.#chat) ?? ''
    const input = field(phone, 'chat', [160, 2130, 620, 120], draft, {
      hint: '',
      id: phone.version.ids.input,
      onText: (typed) => phone.world.keepDraft(phone.account, this.#chat, typed),
    })
    const side =
      draft === ''
        ? image(phone.version.morePanel, [940, 2130, 110, 120], {
            tap: () => {
              this.#panel = !this.#panel
            },
          })
        : button('发送', [860, 2130, 190, 120], () => this.#sendText(draft), { id: phone.version.ids.send })
    return [image('切换到按住说话', [30, 2130, 110, 120]), input, side, ...(this.#panel ? [this.#tools()] : [])]
  }

  #tools(): UiNode {
    const phone = this.#phone
    const pick = (): void => {
      this.#panel = false
      phone.open(phone.screens.gallery('chat', (pictures) => this.#sendPictures(pictures)))
    }
    const cell = (name: string, index: number, tap: () => void): UiNode =>
      group(
        'LinearLayout',
        [index * 270, 2260, 270, 80],
        [text(name, [index * 270 + 30, 2270, 200, 60], { id: phone.version.ids.sheetItem })],
        { tap },
      )
    return group('GridView', [0, 2260, 1080, 80], [cell('相册', 0, pick), cell('拍摄', 1, () => undefined)])
  }

  #sendText(draft: string): void {
    this.#phone.lastTap(() => {
      if (this.#deliver({ kind: 'TEXT', text: draft })) this.#phone.world.keepDraft(this.#phone.account, this.#chat, '')
    })
  }

  #sendPictures(pictures: readonly string[]): void {
    for (const sha256 of pictures) this.#deliver({ kind: 'IMAGE', image: sha256 })
  }

  #deliver(content: Outgoing): boolean {
    const { world, account } = this.#phone
    const isGroup = this.#group() !== undefined
    if (!isGroup && !account.contacts.has(this.#chat)) {
      this.#phone.dialog('对方开启了朋友验证，你还不是他（她）朋友。', [['确定', () => undefined]])
      return false
    }
    world.send(account.wechatId, isGroup ? { group: this.#chat } : { to: this.#chat }, content)
    this.#up = 0
    return true
  }
}
