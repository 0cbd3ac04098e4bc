import { FILE_TRANSFER } from '../world/address-book.ts'
import type { Contact } from '../world/model.ts'
import type { Handset, Screen } from '../phone/handset.ts'
import { mixedList, Scroll, type Row } from '../phone/list.ts'
import { text, type UiNode } from '../phone/ui.ts'
import { backArrow, BODY, field, namedRow, ROW } from './parts.ts'

/** Full-text search: people, groups and, in a section of its own, what was said. */
export class Search implements Screen {
  readonly activity = 'plugin.fts.ui.FTSMainUI'
  readonly #phone: Handset
  readonly #scroll = new Scroll()
  #query = ''

  constructor(phone: Handset) {
    this.#phone = phone
    phone.focus('search')
  }

  draw(): readonly UiNode[] {
    const phone = this.#phone
    const input = field(phone, 'search', [140, 90, 760, 110], this.#query, {
      hint: '搜索',
      id: phone.version.ids.input,
      onText: (typed) => {
        this.#query = typed
      },
    })
    const rows = this.#query === '' ? [] : this.#rows(this.#query.trim().toLowerCase())
    return [
      backArrow(phone),
      input,
      text('取消', [920, 90, 140, 110], { tap: () => phone.close(), id: phone.version.ids.tool }),
      mixedList(BODY, this.#scroll, rows, ROW),
    ]
  }

  #rows(query: string): Row[] {
    const { heading } = this.#phone.version.ids
    const section = (name: string, found: readonly Row[]): Row[] =>
      found.length === 0 ? [] : [{ stays: true, draw: (box) => text(name, box, { id: heading }) }, ...found]
    return [
      ...section('联系人', this.#people(query)),
      ...section('群聊', this.#groups(query)),
      ...section('聊天记录', this.#records(query)),
    ]
  }

  #people(query: string): Row[] {
    const phone = this.#phone
    return [...phone.account.contacts.values(), FILE_TRANSFER].flatMap((contact) => {
      const why = whyFound(contact, query)
      if (!why) return []
      const row = { name: contact.remark ?? contact.nickname, detail: why.detail }
      return [{ draw: (box) => namedRow(phone, box, row, () => phone.open(phone.screens.chat(contact.id))) }]
    })
  }

  #groups(query: string): Row[] {
    const phone = this.#phone
    return phone.world.groupsOf(phone.account).flatMap(({ id }) => {
      const name = phone.world.chatName(phone.account, id)
      if (!name.toLowerCase().includes(query)) return []
      return [{ draw: (box) => namedRow(phone, box, { name }, () => phone.open(phone.screens.chat(id))) }]
    })
  }

  #records(query: string): Row[] {
    const phone = this.#phone
    return [...phone.account.chats.entries()].flatMap(([id, messages]) => {
      const count = messages.filter((message) => message.text?.toLowerCase().includes(query)).length
      if (count === 0) return []
      const name = phone.world.chatName(phone.account, id)
      const row = { name, detail: `${count}条相关聊天记录` }
      return [{ draw: (box) => namedRow(phone, box, row, () => phone.open(phone.screens.chatRecords(name))) }]
    })
  }
}

function whyFound(contact: Contact, query: string): { detail: string | undefined } | undefined {
  const names = (name: string | undefined): boolean => name !== undefined && name.toLowerCase().includes(query)
  if (!contact.hideId && contact.id.toLowerCase().startsWith(query)) return { detail: `微信号：${contact.id}` }
  if (names(contact.remark)) return { detail: undefined }
  if (names(contact.nickname)) return { detail: contact.remark === undefined ? undefined : `昵称：${contact.nickname}` }
  return undefined
}

/** What was said about something; nothing in it can be written to. */
export class ChatRecords implements Screen {
  readonly activity = 'plugin.fts.ui.FTSChattingTalkerUI'
  readonly #phone: Handset
  readonly #name: string

  constructor(phone: Handset, name: string) {
    this.#phone = phone
    this.#name = name
  }

  draw(): readonly UiNode[] {
    const { heading } = this.#phone.version.ids
    return [backArrow(this.#phone), text(`“${this.#name}”的聊天记录`, [140, 90, 760, 110], { id: heading })]
  }
}
