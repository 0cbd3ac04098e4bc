import { createHash, randomBytes } from 'node:crypto'
import { errors, jwtVerify, SignJWT } from 'jose'
import { LRUCache } from 'lru-cache'
import { v7 as uuidv7 } from 'uuid'
import type { Clock } from '../clock.ts'
import type { Database } from '../database/database.ts'
import { insert, row } from '../database/table.ts'
import { MusterError } from '../errors.ts'
import type { Role, UserRow } from './model.ts'
import { verifyPassword } from './passwords.ts'

const ACCESS_SECONDS = 2 * 60 * 60
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

interface CachedToken extends AuthenticatedUser {
  /** Seconds since 1970. */
  readonly exp: number
  readonly family: string
}

/** Signs users in and knows who a token belongs to. */
export class Authenticator {
  readonly #db: Database
  readonly #clock: Clock
  readonly #key: Uint8Array
  /** Verified tokens until they end; verifying is the larger part of a small request. */
  readonly #verified = new LRUCache<string, CachedToken>({ max: CACHED_TOKENS })
  /** Families signed out while an access token of theirs was still good. */
  readonly #revoked = new LRUCache<string, true>({ max: CACHED_TOKENS, ttl: ACCESS_SECONDS * 1000 })

  constructor(deps: { db: Database; clock: Clock; key: Uint8Array }) {
    this.#db = deps.db
    this.#clock = deps.clock
    this.#key = deps.key
  }

  /** Throws UNAUTHENTICATED without saying which of the two was wrong. */
  async login(username: string, password: string): Promise<SignedIn> {
    const user = await row(this.#db.models.users, { where: { username } })
    const good = await verifyPassword(password, user?.passwordHash ?? NO_USER_HASH)
    if (!user || !good || user.disabled)
      throw unauthenticated('username or password is wrong; try again or ask an admin')
    return await this.#issue(user, uuidv7())
  }

  /** Rotates: the old token is used up, and using it again revokes everything that came from its sign-in. */
  async refresh(refreshToken: string): Promise<SignedIn> {
    const { refreshTokens, users } = this.#db.models
    const now = this.#clock.now().getTime()
    const found = await row(refreshTokens, { where: { tokenHash: hashOf(refreshToken) } })
    if (!found || found.revokedAt !== null || found.expiresAt <= now)
      throw unauthenticated('refreshToken: is not valid; sign in again')
    const [claimed] = await this.#db.write(
      async (tx) =>
        await refreshTokens.update({ usedAt: now }, { where: { id: found.id, usedAt: null }, transaction: tx }),
    )
    if (claimed === 0) {
      await this.#revokeFamily(found.familyId)
      throw unauthenticated('refreshToken: was used before, so its sign-in is revoked; sign in again')
    }
    const user = await row(users, { where: { id: found.userId } })
    if (!user || user.disabled) throw unauthenticated('the user is gone or disabled; ask an admin')
    return await this.#issue(user, found.familyId)
  }

  /** Ends the sign-in the token belongs to. */
  async logout(authorization: string): Promise<void> {
    const { family } = await this.#verify(authorization)
    await this.#revokeFamily(family)
  }

  /** The user of an Authorization header. Throws UNAUTHENTICATED. */
  async verify(authorization: string): Promise<AuthenticatedUser> {
    const { userId, username, role } = await this.#verify(authorization)
    return { userId, username, role }
  }

  /** Forgets verified tokens, after a user's role changed or was disabled. */
  forget(): void {
    this.#verified.clear()
  }

  async #verify(authorization: string): Promise<CachedToken> {
    const token = /^Bearer (\S+)$/i.exec(authorization)?.[1]
    if (!token) throw unauthenticated('Authorization: is missing; send "Bearer <accessToken>" from POST /auth/login')
    const cached = this.#verified.get(token)
    const known = cached && cached.exp > this.#clock.now().getTime() / 1000 ? cached : await this.#decode(token)
    if (this.#revoked.has(known.family)) throw unauthenticated('Authorization: was signed out; sign in again')
    this.#verified.set(token, known)
    return known
  }

  async #decode(token: string): Promise<CachedToken> {
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        issuer: ISSUER,
        algorithms: ['HS256'],
        currentDate: this.#clock.now(),
      })
      const user = await row(this.#db.models.users, { where: { id: Number(payload.sub) } })
      if (!user || user.disabled) throw unauthenticated('the user is gone or disabled; ask an admin')
      const family = String(payload['fam'])
      const revoked = await row(this.#db.models.refreshTokens, { where: { familyId: family, usedAt: null } })
      if (revoked?.revokedAt) throw unauthenticated('Authorization: was signed out; sign in again')
      return { userId: user.id, username: user.username, role: user.role, exp: payload.exp ?? 0, family }
    } catch (error) {
      if (error instanceof MusterError) throw error
      if (error instanceof errors.JWTExpired)
        throw unauthenticated('Authorization: has expired; use POST /auth/refresh')
      throw unauthenticated('Authorization: is not a token of this server; sign in again', error)
    }
  }

  async #issue(user: UserRow, familyId: string): Promise<SignedIn> {
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
    await this.#db.write(async (tx) => await insert(this.#db.models.refreshTokens, token, tx))
    const { id, username, role } = user
    return { accessToken, refreshToken, expiresIn: ACCESS_SECONDS, user: { id, username, role } }
  }

  async #revokeFamily(familyId: string): Promise<void> {
    this.#revoked.set(familyId, true)
    const revokedAt = this.#clock.now().getTime()
    await this.#db.write(
      async (tx) => await this.#db.models.refreshTokens.update({ revokedAt }, { where: { familyId }, transaction: tx }),
    )
  }
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex')
const unauthenticated = (message: string, cause?: unknown): MusterError =>
  new MusterError('UNAUTHENTICATED', message, { cause })
