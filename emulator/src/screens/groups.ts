import type { Group } from '../world/model.ts'
import type { Handset, Screen } from '../phone/handset.ts'
import { group, image, list, Scroll, text, type Box, type UiNode } from '../phone/ui.ts'
import { bar, BODY, menuRow, namedRow, ROW } from './parts.ts'

const SHOWN_MEMBERS = 20

/** 通讯录 → 群聊. */
export class GroupList implements Screen {
  readonly activity = 'ui.contact.ChatroomContactUI'
  readonly #phone: Handset
  readonly #scroll = new Scroll()

  constructor(phone: Handset) {
    this.#phone = phone
  }

  draw(): readonly UiNode[] {
    const phone = this.#phone
    const groups = phone.world.groupsOf(phone.account)
    const rows: ((box: Box) => UiNode)[] = [
      ...groups.map(
        (one) => (box: Box) => namedRow(phone, box, { name: one.name }, () => phone.open(phone.screens.chat(one.id))),
      ),
      (box) => text(`${groups.length}个群聊`, box),
    ]
    return [...bar(phone, '群聊'), list(BODY, this.#scroll, rows, (row, box) => row(box), { rowHeight: ROW })]
  }
}

abstract class GroupScreen {
  protected readonly phone: Handset
  readonly #id: string

  constructor(phone: Handset, id: string) {
    this.phone = phone
    this.#id = id
  }

  protected group(): Group {
    return this.phone.world.groups.get(this.#id) ?? { id: this.#id, name: '', members: [] }
  }

  /** One cell of the grid; its face opens the member's profile. */
  protected cell(member: string, box: Box): UiNode {
    const { phone } = this
    const [x, y] = box
    const name = phone.world.displayName(phone.account, member)
    const tap = (): void => phone.open(phone.screens.profile(member))
    return group('RelativeLayout', box, [
      image(`${name}头像`, [x + 30, y + 10, 140, 140], { tap }),
      text(name, [x + 10, y + 160, 190, 60], { id: phone.version.ids.member }),
    ])
  }
}

/** 聊天信息(n) of a group. */
export class GroupInfo extends GroupScreen implements Screen {
  readonly activity = 'chatroom.ui.ChatroomInfoUI'

  draw(): readonly UiNode[] {
    const { phone } = this
    const { id, name, members } = this.group()
    const cells = members.slice(0, SHOWN_MEMBERS).map((member, index) => {
      const row = Math.floor(index / 5)
      return this.cell(member, [(index % 5) * 216, 220 + row * 240, 216, 240])
    })
    const below = 220 + Math.ceil(cells.length / 5) * 240
    const all = (): void => phone.open(phone.screens.groupMembers(id))
    return [
      ...bar(phone, `聊天信息(${members.length})`),
      group('GridView', [0, 220, 1080, below - 220], cells),
      ...(members.length > SHOWN_MEMBERS ? [menuRow('查看全部群成员', [0, below, 1080, ROW], all)] : []),
      menuRow('群聊名称', [0, below + ROW, 1080, ROW], () => undefined, name),
    ]
  }
}

/** 查看全部群成员. */
export class GroupMembers extends GroupScreen implements Screen {
  readonly activity = 'chatroom.ui.SeeRoomMemberUI'
  readonly #scroll = new Scroll()

  draw(): readonly UiNode[] {
    const { members } = this.group()
    const rows = Array.from({ length: Math.ceil(members.length / 5) }, (_, row) => members.slice(row * 5, row * 5 + 5))
    const grid = list(
      BODY,
      this.#scroll,
      rows,
      (row, box) =>
        group(
          'LinearLayout',
          box,
          row.map((member, column) => this.cell(member, [column * 216, box[1], 216, 240])),
        ),
      { rowHeight: 240, cls: 'GridView' },
    )
    return [...bar(this.phone, `群成员(${members.length})`), grid]
  }
}
