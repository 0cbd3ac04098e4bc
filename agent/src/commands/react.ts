import type { CommentMoment, LikeMoment, MomentRef } from '@muster/proto'
import { AgentError, runItems, type CommandHandler, type Effect, type Settled } from '@muster/sdk/agent'
import { z } from 'zod'
import { openMoment } from '../wechat/moments.ts'
import {
  commentRow,
  commentsOn,
  isFieldClosed,
  likeButton,
  openMenu,
  readyToComment,
  writeComment,
  type OpenMoment,
} from '../wechat/reactions.ts'
import { confirmsTap, happenedSince, ShownBaseline, type Shown } from '../wechat/settle.ts'
import { PhoneWork, type PhoneAccess } from './phone-work.ts'

/** Likes a Moment; one that is liked already stays so. */
export const likeMoment = (access: PhoneAccess): CommandHandler<LikeMoment> => ({
  run: async ({ itemId, moment }, context) => {
    const work = new PhoneWork(access, context)
    await runItems(context, [{ itemId, effect: () => new LikeEffect(work, required(moment)) }])
  },
})

/** Comments on a Moment. */
export const commentMoment = (access: PhoneAccess): CommandHandler<CommentMoment> => ({
  run: async ({ itemId, moment, text }, context) => {
    const work = new PhoneWork(access, context)
    await runItems(context, [{ itemId, effect: () => new CommentEffect(work, required(moment), text) }])
  },
})

function required(moment: MomentRef | undefined): MomentRef {
  if (moment) return moment
  throw new AgentError('UNSUPPORTED', 'the command does not say which Moment')
}

interface Liked {
  readonly liked: boolean
}

class LikeEffect implements Effect<Liked> {
  readonly spend = 'likes'
  readonly parts = 1
  readonly #work: PhoneWork
  readonly #moment: MomentRef
  readonly #page: OpenMoment

  constructor(work: PhoneWork, moment: MomentRef) {
    this.#work = work
    this.#moment = moment
    this.#page = { screen: work.screen, locators: work.locators, text: moment.text }
  }

  async prepare(_part: number, signal: AbortSignal): Promise<Liked> {
    return await this.#work.preparing(signal, async () => await this.#look())
  }

  async commit(_part: number, before: Liked): Promise<void> {
    if (!before.liked) await this.#work.lastTap('赞', (seen) => likeButton(seen, this.#page))
  }

  async confirm(): Promise<Settled> {
    // The menu may only be late.
    return (await openMenu(this.#page)).liked ? 'done' : 'unknown'
  }

  async probe(): Promise<Settled> {
    return (await this.#work.steady(async () => await this.#look())).liked ? 'done' : 'not-done'
  }

  readBaseline(json: unknown): Liked {
    return z.object({ liked: z.boolean() }).parse(json)
  }

  async #look(): Promise<Liked> {
    const { screen, locators, account } = this.#work
    await openMoment(screen, locators, this.#moment, account.wechatId)
    return await openMenu(this.#page)
  }
}

class CommentEffect implements Effect<Shown> {
  readonly spend = 'comments'
  readonly parts = 1
  readonly #work: PhoneWork
  readonly #moment: MomentRef
  readonly #page: OpenMoment
  readonly #words: string

  constructor(work: PhoneWork, moment: MomentRef, words: string) {
    this.#work = work
    this.#moment = moment
    this.#page = { screen: work.screen, locators: work.locators, text: moment.text }
    this.#words = words
  }

  async prepare(_part: number, signal: AbortSignal): Promise<Shown> {
    return await this.#work.preparing(signal, async () => {
      const before = await this.#look()
      await openMenu(this.#page)
      await writeComment(this.#page, this.#words)
      return before
    })
  }

  async commit(): Promise<void> {
    await this.#work.lastTap('发送', (seen) => readyToComment(seen, this.#page, this.#words))
  }

  async confirm(_part: number, before: Shown): Promise<Settled> {
    return await this.#work.screen.waitFor('the comment', (seen) => {
      const now = commentsOn(seen, this.#page)
      return now && isFieldClosed(seen, this.#page) && confirmsTap(before, now, this.#row()) ? 'done' : undefined
    })
  }

  async probe(_part: number, before: Shown): Promise<Settled> {
    const now = await this.#work.steady(async () => await this.#look())
    return happenedSince(before, now, this.#row())
  }

  readBaseline(json: unknown): Shown {
    return ShownBaseline.parse(json)
  }

  #row(): string {
    return commentRow(this.#work.account.nickname, this.#words)
  }

  async #look(): Promise<Shown> {
    const { screen, locators, account } = this.#work
    await openMoment(screen, locators, this.#moment, account.wechatId)
    return await screen.settled('the comments', (seen) => commentsOn(seen, this.#page))
  }
}
