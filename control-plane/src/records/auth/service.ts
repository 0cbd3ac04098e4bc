import { createHash, randomBytes } from 'node:crypto'
import { errors, jwtVerify, SignJWT, type JWTPayload } from 'jose'
import { LRUCache } from 'lru-cache'
import { Op, type Transaction } from 'sequelize'
import { v7 as uuidv7 } from 'uuid'
import type { Clock, Timer } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import { dropOld } from '../../infra/database/retention.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { insert, row } from '../../infra/database/table.ts'
import { MusterError } from '../../infra/errors.ts'
import type { Role, UserRow } from '../../infra/database/tables/users.ts'
import { verifyPassword } from './passwords.ts'

const ACCESS_SECONDS = 2 * 60 * 60
/** How long a token is kept that has expired. */
const EXPIRED_KEPT_MS = 24 * 60 * 60 * 1000
const REFRESH_MS = 14 * 24 * 60 * 60 * 1000
const ISSUER = 'muster'
const CACHED_TOKENS = 10_000
/** Compared with when the user does not exist, so that the answer takes as long. */
const NO_USER_HASH = `scrypt$${'A'.repeat(22)}$${'A'.repeat(43)}`

export interface SignedIn {
  readonly accessToken: string
  readonly refreshToken: string
  /** Seconds the access token is good for. */
  readonly expiresIn: number
  readonly user: PublicUser
}

export interface PublicUser {
  readonly id: number
  readonly username: string
  readonly role: Role
}

export interface AuthenticatedUser {
  readonly userId: number
  readonly username: string
  readonly role: Role
}

interface VerifiedToken extends AuthenticatedUser {
  /** Seconds since 1970. */
  readonly exp: number
  /** Of the sign-in it came from. */
  readonly familyId: string
}

interface TokenWatch {
  readonly token: VerifiedToken
  readonly onEnd: () => void
  readonly timer: Timer
}

/** Signs users in and knows who a token belongs to. */
export class Authenticator {
  readonly #db: Database
  readonly #tables: Pick<Tables, 'refreshTokens'>
  readonly #clock: Clock
  readonly #key: Uint8Array
  /** Verified tokens until they end; verifying is the larger part of a small request. */
  readonly #verified = new LRUCache<string, VerifiedToken>({ max: CACHED_TOKENS })
  readonly #watches = new Set<TokenWatch>()
  /** Raised by every revocation: what was looked up before one is not remembered after it. */
  #revocations = 0

  constructor(deps: { db: Database; tables: Pick<Tables, 'refreshTokens'>; clock: Clock; key: Uint8Array }) {
    this.#db = deps.db
    this.#tables = deps.tables
    this.#clock = deps.clock
    this.#key = deps.key
  }

  /** Throws UNAUTHENTICATED without saying which of the two was wrong. */
  async login(username: string, password: string): Promise<SignedIn> {
    const user = await row(this.#db.models.users, { where: { username } })
    const good = await verifyPassword(password, user?.passwordHash ?? NO_USER_HASH)
    if (!user || !good) throw wrongLogin()
    return await this.#db.write(async (tx) => {
      // Checking took a while: the password may have been changed and the user disabled meanwhile.
      const still = await row(this.#db.models.users, { where: { id: user.id }, transaction: tx })
      if (still?.passwordHash !== user.passwordHash || !mayWork(still)) throw wrongLogin()
      return await this.#issue(tx, still, uuidv7())
    })
  }

  /** Rotates: the old token is used up, and using it again revokes everything that came from its sign-in. */
  async refresh(refreshToken: string): Promise<SignedIn> {
    const { refreshTokens } = this.#tables
    const { users } = this.#db.models
    const now = this.#clock.now().getTime()
    const signedIn = await this.#db.write(async (tx) => {
      const found = await row(refreshTokens, { where: { tokenHash: hashOf(refreshToken) }, transaction: tx })
      if (!found || found.revokedAt !== null || found.expiresAt <= now)
        throw unauthenticated('refreshToken: is not valid; sign in again')
      if (found.usedAt !== null) {
        await this.revoke(tx, { familyId: found.familyId })
        return undefined
      }
      await refreshTokens.update({ usedAt: now }, { where: { id: found.id }, transaction: tx })
      const user = await row(users, { where: { id: found.userId }, transaction: tx })
      if (!user || !mayWork(user)) throw unauthenticated('the user is gone or disabled; ask an admin')
      return await this.#issue(tx, user, found.familyId)
    })
    if (signedIn) return signedIn
    throw unauthenticated('refreshToken: was used before, so its sign-in is revoked; sign in again')
  }

  /** Ends the sign-in the token belongs to. */
  async logout(authorization: string): Promise<void> {
    const { familyId } = await this.#verify(authorization)
    await this.#db.write((tx) => this.revoke(tx, { familyId }))
  }

  /** Part of the caller's write: ends one sign-in, or all of a user, with every token that came from it. */
  async revoke(tx: Transaction, which: { familyId: string } | { userId: number }): Promise<void> {
    const revokedAt = this.#clock.now().getTime()
    const where = { ...which, revokedAt: null }
    await this.#tables.refreshTokens.update({ revokedAt }, { where, transaction: tx })
    tx.afterCommit(() => {
      this.forget()
      for (const watch of this.#watches)
        if ('userId' in which ? watch.token.userId === which.userId : watch.token.familyId === which.familyId)
          this.#end(watch)
    })
  }

  /** The user of an Authorization header. Throws UNAUTHENTICATED. */
  async verify(authorization: string): Promise<AuthenticatedUser> {
    const { userId, username, role } = await this.#verify(authorization)
    return { userId, username, role }
  }

  /** Calls `onEnd` once, when the token ends or is revoked. Throws UNAUTHENTICATED. */
  async watch(authorization: string, onEnd: () => void): Promise<{ stop(): void }> {
    let token: VerifiedToken
    let revocations: number
    do {
      revocations = this.#revocations
      token = await this.#verify(authorization)
    } while (revocations !== this.#revocations)
    const ms = token.exp * 1000 - this.#clock.now().getTime()
    const watch: TokenWatch = { token, onEnd, timer: this.#clock.setTimeout(() => this.#end(watch), ms) }
    this.#watches.add(watch)
    return { stop: () => this.#stop(watch) }
  }

  /** Forgets verified tokens, after something about a user changed. */
  forget(): void {
    this.#revocations++
    this.#verified.clear()
  }

  #stop(watch: TokenWatch): void {
    watch.timer.cancel()
    this.#watches.delete(watch)
  }

  #end(watch: TokenWatch): void {
    if (!this.#watches.has(watch)) return
    this.#stop(watch)
    watch.onEnd()
  }

  async #verify(authorization: string): Promise<VerifiedToken> {
    const token = /^Bearer (\S+)$/i.exec(authorization)?.[1]
    if (!token) throw unauthenticated('Authorization: is missing; send "Bearer <accessToken>" from POST /auth/login')
    const cached = this.#verified.get(token)
    if (cached && cached.exp > this.#clock.now().getTime() / 1000) return cached
    const revocations = this.#revocations
    const known = await this.#decode(token)
    if (revocations === this.#revocations) this.#verified.set(token, known)
    return known
  }

  async #decode(token: string): Promise<VerifiedToken> {
    const { refreshTokens, users } = this.#db.models
    const payload = await this.#payload(token)
    const familyId = String(payload['fam'])
    if ((await refreshTokens.count({ where: { familyId, revokedAt: { [Op.ne]: null } } })) > 0)
      throw unauthenticated('Authorization: was signed out; sign in again')
    const user = await row(users, { where: { id: Number(payload.sub) } })
    if (!user || !mayWork(user)) throw unauthenticated('the user is gone or disabled; ask an admin')
    return { userId: user.id, username: user.username, role: user.role, exp: payload.exp ?? 0, familyId }
  }

  async #payload(token: string): Promise<JWTPayload> {
    const options = { issuer: ISSUER, algorithms: ['HS256'], currentDate: this.#clock.now() }
    try {
      return (await jwtVerify(token, this.#key, options)).payload
    } catch (error) {
      if (error instanceof errors.JWTExpired)
        throw unauthenticated('Authorization: has expired; use POST /auth/refresh')
      throw unauthenticated('Authorization: is not a token of this server; sign in again', error)
    }
  }

  /** Drops tokens that have expired; answers whether there may be more. */
  trim(): Promise<boolean> {
    return dropOld({ db: this.#db, clock: this.#clock }, this.#tables.refreshTokens, {
      column: 'expiresAt',
      keptMs: EXPIRED_KEPT_MS,
    })()
  }

  async #issue(tx: Transaction, user: UserRow, familyId: string): Promise<SignedIn> {
    const now = this.#clock.now().getTime()
    const refreshToken = randomBytes(32).toString('base64url')
    const accessToken = await new SignJWT({ fam: familyId })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(ISSUER)
      .setSubject(String(user.id))
      .setJti(uuidv7())
      .setIssuedAt(Math.floor(now / 1000))
      .setExpirationTime(Math.floor(now / 1000) + ACCESS_SECONDS)
      .sign(this.#key)
    const token = { userId: user.id, familyId, tokenHash: hashOf(refreshToken), expiresAt: now + REFRESH_MS }
    await insert(this.#tables.refreshTokens, token, tx)
    const { id, username, role } = user
    return { accessToken, refreshToken, expiresIn: ACCESS_SECONDS, user: { id, username, role } }
  }
}

const mayWork = (user: UserRow): boolean => !user.disabled && user.deletedAt === null
const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex')
const wrongLogin = (): MusterError => unauthenticated('username or password is wrong; try again or ask an admin')
const unauthenticated = (message: string, cause?: unknown): MusterError =>
  new MusterError('UNAUTHENTICATED', message, { cause })
