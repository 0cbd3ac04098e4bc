import type { Handset, Screen } from '../phone/handset.ts'
import { button, group, image, list, Scroll, text, type Box, type UiNode } from '../phone/ui.ts'
import { bar, BODY, field, menuRow, namedRow, ROW } from './parts.ts'

/** 聊天信息 of a conversation with one person. */
export class ContactInfo implements Screen {
  readonly activity = 'ui.SingleChatInfoUI'
  readonly #phone: Handset
  readonly #contact: string

  constructor(phone: Handset, contact: string) {
    this.#phone = phone
    this.#contact = contact
  }

  draw(): readonly UiNode[] {
    const phone = this.#phone
    const name = phone.world.displayName(phone.account, this.#contact)
    const tap = (): void => phone.open(phone.screens.profile(this.#contact))
    const cell = group(
      'RelativeLayout',
      [30, 240, 220, 260],
      [
        image(`${name}头像`, [60, 250, 160, 160], { tap }),
        text(name, [60, 420, 160, 60], { id: phone.version.ids.member }),
      ],
    )
    return [...bar(phone, '聊天信息'), cell, menuRow('查找聊天记录', [0, 520, 1080, ROW], () => undefined)]
  }
}

/** 详细资料: the only place that tells two people with one name apart. */
export class Profile implements Screen {
  readonly activity = 'plugin.profile.ui.ContactInfoUI'
  readonly #phone: Handset
  readonly #id: string

  constructor(phone: Handset, id: string) {
    this.#phone = phone
    this.#id = id
  }

  draw(): readonly UiNode[] {
    const phone = this.#phone
    const contact = phone.account.contacts.get(this.#id)
    const { ids } = phone.version
    const lines = [
      ...(contact?.remark === undefined ? [] : [`昵称：${contact.nickname}`]),
      ...(contact?.hideId ? [] : [`微信号：${this.#id}`]),
      ...(contact?.region === undefined ? [] : [`地区：${contact.region}`]),
    ]
    const open = (): void => {
      phone.goHome()
      phone.open(phone.screens.chat(this.#id))
    }
    return [
      ...bar(phone, ''),
      text(phone.world.displayName(phone.account, this.#id), [240, 240, 800, 90], { id: ids.rowName }),
      ...lines.map((line, index) => text(line, [240, 340 + index * 80, 800, 70], { id: ids.rowDetail })),
      menuRow('朋友圈', [0, 700, 1080, ROW], () => phone.open(phone.screens.personMoments(this.#id))),
      button(contact ? '发消息' : '添加到通讯录', [0, 900, 1080, 150], contact ? open : () => undefined),
    ]
  }
}

/** Ticks people, for the visibility of a Moment. */
export class SelectContacts implements Screen {
  readonly activity = 'ui.contact.SelectContactUI'
  readonly #phone: Handset
  readonly #onDone: (ids: readonly string[]) => void
  readonly #scroll = new Scroll()
  #ticked: readonly string[] = []
  #query = ''

  constructor(phone: Handset, onDone: (ids: readonly string[]) => void) {
    this.#phone = phone
    this.#onDone = onDone
  }

  draw(): readonly UiNode[] {
    const phone = this.#phone
    const query = this.#query.trim().toLowerCase()
    const found = [...phone.account.contacts.values()].filter((contact) =>
      [contact.nickname, contact.remark ?? '', contact.hideId ? '' : contact.id].some((name) =>
        name.toLowerCase().includes(query),
      ),
    )
    const input = field(phone, 'select', [30, 220, 1020, 110], this.#query, {
      hint: '搜索',
      id: phone.version.ids.input,
      onText: (typed) => {
        this.#query = typed
      },
    })
    const count = this.#ticked.length
    return [
      ...bar(phone, '选择联系人'),
      input,
      list([0, 340, 1080, 1800], this.#scroll, found, (contact, box) => this.#row(contact, query, box), {
        rowHeight: ROW,
      }),
      button(
        count === 0 ? '完成' : `完成(${count})`,
        [800, 2180, 250, 120],
        count === 0 ? undefined : () => this.#finish(),
      ),
    ]
  }

  #row(
    contact: { id: string; nickname: string; remark?: string | undefined; hideId?: boolean | undefined },
    query: string,
    box: Box,
  ): UiNode {
    const byId = query !== '' && !contact.hideId && contact.id.toLowerCase().startsWith(query)
    const ticked = this.#ticked.includes(contact.id)
    const toggle = (): void => {
      this.#ticked = ticked ? this.#ticked.filter((id) => id !== contact.id) : [...this.#ticked, contact.id]
    }
    const row = namedRow(
      this.#phone,
      box,
      { name: contact.remark ?? contact.nickname, detail: byId ? `微信号：${contact.id}` : undefined },
      toggle,
    )
    const box_: Box = [box[0] + 990, box[1] + 60, 70, 70]
    const tick: UiNode = { cls: 'CheckBox', box: box_, id: this.#phone.version.ids.cell, checked: ticked, tap: toggle }
    return { ...row, children: [...(row.children ?? []), tick] }
  }

  #finish(): void {
    this.#phone.close()
    this.#onDone(this.#ticked)
  }
}

/** 我 → 设置. */
export class Settings implements Screen {
  readonly activity = 'plugin.setting.ui.setting.SettingsUI'
  readonly #phone: Handset

  constructor(phone: Handset) {
    this.#phone = phone
  }

  draw(): readonly UiNode[] {
    const phone = this.#phone
    const rows: readonly (readonly [string, () => void])[] = [
      ['账号与安全', () => undefined],
      ['通用', () => undefined],
      ['关于微信', () => phone.open(phone.screens.about())],
    ]
    return [
      ...bar(phone, '设置'),
      group(
        'ListView',
        BODY,
        rows.map(([name, tap], index) => menuRow(name, [0, 220 + index * ROW, 1080, ROW], tap)),
      ),
    ]
  }
}

/** 设置 → 关于微信, which names the app's version. */
export class About implements Screen {
  readonly activity = 'plugin.setting.ui.setting.SettingsAboutMicroMsgUI'
  readonly #phone: Handset

  constructor(phone: Handset) {
    this.#phone = phone
  }

  draw(): readonly UiNode[] {
    return [...bar(this.#phone, '关于微信'), text(`版本 ${this.#phone.version.name}`, [300, 600, 480, 80])]
  }
}
