import type { Database } from '../../infra/database/database.ts'
import { pageOfRows, type Page, type PageNumber } from '../../infra/database/page.ts'
import { contains, row } from '../../infra/database/table.ts'
import type { GroupMemberRow, GroupRow } from '../../infra/database/tables/groups.ts'
import { notFound } from '../../infra/errors.ts'
import type { WorkspaceTime } from '../../infra/workspace-time.ts'

export interface GroupsDeps {
  readonly db: Database
  readonly time: WorkspaceTime
}

export interface GroupFilter {
  readonly accountId?: number | undefined
  readonly keyword?: string | undefined
}

/** A group as the API shows it. */
export type GroupView = Omit<GroupRow, 'lastSeenAt'> & { readonly lastSeenAt: string }

/** A member as the API shows it. All members of a group are read together, so they share its confidence and time. */
export type MemberView = Omit<GroupMemberRow, 'groupId'> & Pick<GroupView, 'confidence' | 'lastSeenAt'>

/** Group chats found on phones. */
export class Groups {
  readonly #deps: GroupsDeps

  constructor(deps: GroupsDeps) {
    this.#deps = deps
  }

  /** Groups that fit, oldest first. */
  async list({ accountId, keyword }: GroupFilter, page: PageNumber): Promise<Page<GroupView>> {
    const where = {
      ...(accountId ? { accountId } : {}),
      ...(keyword ? contains(['name'], keyword) : {}),
    }
    const found = await pageOfRows(this.#deps.db.models.groups, { where, order: [['id', 'ASC']] }, page)
    return { ...found, items: found.items.map((group) => this.#view(group)) }
  }

  /** Throws NOT_FOUND. */
  async get(id: number): Promise<GroupView> {
    const group = await row(this.#deps.db.models.groups, { where: { id } })
    if (!group) throw notFound('group', id)
    return this.#view(group)
  }

  /** In the order the phone shows them. Throws NOT_FOUND for the group. */
  async members(groupId: number, page: PageNumber): Promise<Page<MemberView>> {
    const { confidence, lastSeenAt } = await this.get(groupId)
    const { groupMembers } = this.#deps.db.models
    const found = await pageOfRows(groupMembers, { where: { groupId }, order: [['position', 'ASC']] }, page)
    return {
      ...found,
      items: found.items.map(({ id, name, position }) => ({ id, name, position, confidence, lastSeenAt })),
    }
  }

  #view({ id, accountId, name, memberCount, confidence, lastSeenAt }: GroupRow): GroupView {
    const when = this.#deps.time.format(lastSeenAt)
    return { id, accountId, name, memberCount, confidence, lastSeenAt: when }
  }
}
