import { Op, type Transaction } from 'sequelize'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { pageOfRows, type Page, type PageNumber } from '../../infra/database/page.ts'
import { insert, row } from '../../infra/database/table.ts'
import type { Role, UserRow } from '../../infra/database/tables/users.ts'
import { conflict, notFound } from '../../infra/errors.ts'
import { hashPassword } from './passwords.ts'
import type { Authenticator, PublicUser } from './service.ts'

export interface UsersDeps {
  readonly db: Database
  readonly tables: Pick<Tables, 'users'>
  readonly clock: Clock
  readonly auth: Pick<Authenticator, 'revoke' | 'forget'>
}

/** A user as an admin sees it. */
export interface UserView extends PublicUser {
  readonly disabled: boolean
}

export interface NewUser {
  readonly username: string
  readonly password: string
  readonly role: Role
}

/** What may change of a user; undefined leaves it. */
export interface UserChanges {
  readonly role?: Role | undefined
  readonly password?: string | undefined
  readonly disabled?: boolean | undefined
}

/** The people who may sign in. A user who was deleted is in no answer, and its name is not given out again. */
export class Users {
  readonly #deps: UsersDeps

  constructor(deps: UsersDeps) {
    this.#deps = deps
  }

  /** Users, oldest first. */
  async list(page: PageNumber): Promise<Page<UserView>> {
    const where = { deletedAt: null }
    const found = await pageOfRows(this.#deps.db.models.users, { where, order: [['id', 'ASC']] }, page)
    return { ...found, items: found.items.map(view) }
  }

  /** Throws NOT_FOUND. */
  async get(id: number): Promise<UserView> {
    return view(await this.#existing(id))
  }

  /** Throws CONFLICT for a name that is or was somebody's. */
  async add({ username, password, role }: NewUser): Promise<PublicUser> {
    const { db, tables } = this.#deps
    const passwordHash = await hashPassword(password)
    return await db.write(async (tx) => {
      const same = await row(db.models.users, { where: { username }, transaction: tx })
      if (same) {
        const what = same.deletedAt === null ? 'exists' : 'belonged to a user who was deleted'
        throw conflict(`username: ${username} ${what}; choose another`)
      }
      const id = await insert(tables.users, { username, role, passwordHash, disabled: false }, tx)
      return { id, username, role }
    })
  }

  /**
   * A new password, and disabling, end every sign-in of the user. Throws NOT_FOUND, and CONFLICT for a change that would
   * take the last admin away, or the caller's own rights.
   */
  async change(id: number, changes: UserChanges, callerId: number): Promise<UserView> {
    const { db, tables, auth } = this.#deps
    const password = changes.password === undefined ? {} : { passwordHash: await hashPassword(changes.password) }
    const changed = await db.write(async (tx) => {
      const user = await this.#existing(id, tx)
      const { role = user.role, disabled = user.disabled } = changes
      if (disabled || role !== 'admin') await this.#requireOtherAdmin(tx, user, callerId)
      await tables.users.update({ role, disabled, ...password }, { where: { id }, transaction: tx })
      if (changes.password !== undefined || (disabled && !user.disabled)) await auth.revoke(tx, { userId: id })
      return { ...user, role, disabled }
    })
    auth.forget()
    return view(changed)
  }

  /** Ends every sign-in, too. Throws NOT_FOUND, and CONFLICT for the last admin and for the caller. */
  async remove(id: number, callerId: number): Promise<void> {
    const { db, tables, clock, auth } = this.#deps
    await db.write(async (tx) => {
      const user = await this.#existing(id, tx)
      await this.#requireOtherAdmin(tx, user, callerId)
      const deletedAt = clock.now().getTime()
      await tables.users.update({ deletedAt }, { where: { id }, transaction: tx })
      await auth.revoke(tx, { userId: id })
    })
  }

  /** Somebody has to be left who can manage users. Throws CONFLICT. */
  async #requireOtherAdmin(tx: Transaction, user: UserRow, callerId: number): Promise<void> {
    if (user.id === callerId) throw conflict('an admin cannot disable, demote or delete itself; ask another admin')
    const where = { role: 'admin' as const, disabled: false, deletedAt: null, id: { [Op.ne]: user.id } }
    if ((await this.#deps.db.models.users.count({ where, transaction: tx })) === 0)
      throw conflict(`user ${user.id} is the last admin; make another user admin first`)
  }

  async #existing(id: number, tx?: Transaction): Promise<UserRow> {
    const where = { id, deletedAt: null }
    const user = await row(this.#deps.db.models.users, { where, ...(tx ? { transaction: tx } : {}) })
    if (!user) throw notFound('user', id)
    return user
  }
}

const view = ({ id, username, role, disabled }: UserRow): UserView => ({ id, username, role, disabled })
