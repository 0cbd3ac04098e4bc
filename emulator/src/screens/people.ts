import type { Handset, Screen } from '../phone/handset.ts'
import { button, group, text, type UiNode } from '../phone/ui.ts'
import { bar, BODY, face, menuRow, ROW } from './parts.ts'

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
      [face(phone, name, [60, 250, 160, 160], tap), text(name, [60, 420, 160, 60], { id: phone.version.ids.member })],
    )
    return [...bar(phone, '聊天信息'), cell, menuRow(phone, '查找聊天记录', [0, 520, 1080, ROW])]
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
      menuRow(phone, '朋友圈', [0, 700, 1080, ROW], { tap: () => phone.open(phone.screens.personMoments(this.#id)) }),
      button(contact ? '发消息' : '添加到通讯录', [0, 900, 1080, 150], contact ? open : () => undefined, {
        id: ids.action,
      }),
    ]
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
        rows.map(([name, tap], index) => menuRow(phone, name, [0, 220 + index * ROW, 1080, ROW], { tap })),
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
    const { ids, name, versionLine } = this.#phone.version
    return [...bar(this.#phone, '关于微信'), text(versionLine(name), [300, 600, 480, 80], { id: ids.version })]
  }
}
