import type { Handset, Screen } from '../phone/handset.ts'
import { list, Scroll } from '../phone/list.ts'
import { button, type Box, type UiNode } from '../phone/ui.ts'
import type { Contact } from '../world/model.ts'
import { bar, field, namedRow, ROW } from './parts.ts'

export interface Selection {
  readonly title: string
  /** What the button says; it counts the ticks. */
  readonly label: string
  /** Called with the ids in the order of the ticks. Closes the screen or leaves it open. */
  readonly onDone: (ids: readonly string[]) => void
}

/** Ticks people of the contact list. */
export class SelectContacts implements Screen {
  readonly activity = 'ui.contact.SelectContactUI'
  readonly #phone: Handset
  readonly #selection: Selection
  readonly #scroll = new Scroll()
  #ticked: readonly string[] = []
  #query = ''

  constructor(phone: Handset, selection: Selection) {
    this.#phone = phone
    this.#selection = selection
  }

  draw(): readonly UiNode[] {
    const phone = this.#phone
    const query = this.#query.trim().toLowerCase()
    const found = [...phone.account.contacts.values()].filter((contact) => fits(contact, query))
    const input = field(phone, 'select', [30, 220, 1020, 110], this.#query, {
      hint: '搜索',
      id: phone.version.ids.input,
      onText: (typed) => {
        this.#query = typed
      },
    })
    const { title, label, onDone } = this.#selection
    const count = this.#ticked.length
    return [
      ...bar(phone, title),
      input,
      list([0, 340, 1080, 1800], this.#scroll, found, (contact, box) => this.#row(contact, query, box), {
        rowHeight: ROW,
      }),
      button(
        count === 0 ? label : `${label}(${count})`,
        [800, 2180, 250, 120],
        count === 0 ? undefined : () => onDone(this.#ticked),
        { id: phone.version.ids.action },
      ),
    ]
  }

  #row(contact: Contact, query: string, box: Box): UiNode {
    const { version } = this.#phone
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
    const place: Box = [box[0] + 990, box[1] + 60, 70, 70]
    const tick: UiNode = { cls: version.tick, box: place, id: version.ids.cell, checked: ticked, tap: toggle }
    return { ...row, children: [...(row.children ?? []), tick] }
  }
}

const fits = (contact: Contact, query: string): boolean =>
  [contact.nickname, contact.remark ?? '', contact.hideId ? '' : contact.id].some((name) =>
    name.toLowerCase().includes(query),
  )
