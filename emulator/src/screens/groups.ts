import type { Group } from '../world/model.ts'
import type { Handset, Screen } from '../phone/handset.ts'
import { grid, mixedList, Scroll, type Row } from '../phone/list.ts'
import { button, group, text, type Box, type UiNode } from '../phone/ui.ts'
import { bar, BODY, face, field, menuRow, namedRow, ROW } from './parts.ts'

const SHOWN_MEMBERS = 20
const COLUMNS = 5
const CELL_HEIGHT = 240

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
    const rows: Row[] = [
      ...groups.map(({ id }): Row => ({
        draw: (box) =>
          namedRow(phone, box, { name: phone.world.chatName(phone.account, id) }, () =>
            phone.open(phone.screens.chat(id)),
          ),
      })),
      { stays: true, draw: (box) => text(`${groups.length}个群聊`, box) },
    ]
    return [...bar(phone, '群聊'), mixedList(BODY, this.#scroll, rows, ROW)]
  }
}

abstract class GroupScreen {
  protected readonly phone: Handset
  readonly #id: string
  readonly #scroll = new Scroll()

  constructor(phone: Handset, id: string) {
    this.phone = phone
    this.#id = id
  }

  protected group(): Group {
    return this.phone.world.groups.get(this.#id) ?? { id: this.#id, name: '', members: [] }
  }

  protected members(members: readonly string[], box: Box): UiNode {
    return grid(box, this.#scroll, members, (member, place) => this.#cell(member, place), {
      columns: COLUMNS,
      rowHeight: CELL_HEIGHT,
    })
  }

  /** One cell of the grid; its face opens the member's profile. */
  #cell(member: string, box: Box): UiNode {
    const { phone } = this
    const [x, y] = box
    const name = phone.world.displayName(phone.account, member)
    const tap = (): void => phone.open(phone.screens.profile(member))
    return group('RelativeLayout', box, [
      face(phone, name, [x + 30, y + 10, 140, 140], tap),
      text(name, [x + 10, y + 160, 190, 60], { id: phone.version.ids.member }),
    ])
  }
}

/** 聊天信息(n) of a group. */
export class GroupInfo extends GroupScreen implements Screen {
  get activity(): string {
    return this.phone.version.activities.groupInfo
  }

  draw(): readonly UiNode[] {
    const { phone } = this
    const { id, name, members } = this.group()
    const shown = members.slice(0, SHOWN_MEMBERS)
    const height = Math.ceil(shown.length / COLUMNS) * CELL_HEIGHT
    const below = BODY[1] + height
    const all = (): void => phone.open(phone.screens.groupMembers(id))
    const rename = (): void => phone.open(phone.screens.groupName(id))
    return [
      ...bar(phone, `聊天信息(${members.length})`),
      this.members(shown, [0, BODY[1], 1080, height]),
      ...(members.length > SHOWN_MEMBERS
        ? [menuRow(phone, '查看全部群成员', [0, below, 1080, ROW], { tap: all })]
        : []),
      menuRow(phone, '群聊名称', [0, below + ROW, 1080, ROW], { tap: rename, value: name === '' ? '未命名' : name }),
    ]
  }
}

/** 查看全部群成员. */
export class GroupMembers extends GroupScreen implements Screen {
  get activity(): string {
    return this.phone.version.activities.groupMembers
  }

  draw(): readonly UiNode[] {
    const { members } = this.group()
    return [...bar(this.phone, `群成员(${members.length})`), this.members(members, BODY)]
  }
}

/** 群聊名称. */
export class GroupName extends GroupScreen implements Screen {
  readonly activity = 'chatroom.ui.ModRemarkRoomNameUI'
  #name: string | undefined

  draw(): readonly UiNode[] {
    const { phone } = this
    const { id, name } = this.group()
    const typed = this.#name ?? name
    const save = (): void => {
      phone.world.nameGroup(id, typed)
      phone.close()
    }
    return [
      ...bar(phone, '修改群聊名称'),
      field(phone, 'group name', [40, 400, 1000, 120], typed, {
        hint: '',
        id: phone.version.ids.input,
        onText: (words) => {
          this.#name = words
        },
      }),
      button('保存', [340, 1900, 400, 130], typed === '' || typed === name ? undefined : save, {
        id: phone.version.ids.action,
      }),
    ]
  }
}
