import type { CommentMoment, LikeMoment, MomentRef } from '@muster/proto'
import { AgentError, runItems, type CommandHandler, type Effect, type Settled } from '@muster/sdk/agent'
import { z } from 'zod'
import type { UiElement, Snapshot } from '../screen/snapshot.ts'
import { commentsLike, openCommentField, openControls, openMoment, tapLike } from '../wechat/moments.ts'
import { PhoneWork, type PhoneAccess } from './phone-work.ts'

const SEND = '发送'

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

  constructor(work: PhoneWork, moment: MomentRef) {
    this.#work = work
    this.#moment = moment
  }

  async prepare(): Promise<Liked> {
    return await this.#work.steady(async () => await this.#look())
  }

  async commit(_part: number, before: Liked): Promise<void> {
    if (!before.liked) await tapLike(this.#work.screen)
  }

  async confirm(): Promise<Settled> {
    return (await openControls(this.#work.screen)).liked ? 'done' : 'not-done'
  }

  async probe(): Promise<Settled> {
    return (await this.prepare()).liked ? 'done' : 'not-done'
  }

  readBaseline(json: unknown): Liked {
    return z.object({ liked: z.boolean() }).parse(json)
  }

  async #look(): Promise<Liked> {
    const { screen, locators, account } = this.#work
    await openMoment(screen, locators, { author: this.#moment.author, text: this.#moment.text }, account.wechatId)
    return await openControls(screen)
  }
}

interface Commented {
  readonly count: number
}

class CommentEffect implements Effect<Commented> {
  readonly spend = 'comments'
  readonly parts = 1
  readonly #work: PhoneWork
  readonly #moment: MomentRef
  readonly #text: string

  constructor(work: PhoneWork, moment: MomentRef, text: string) {
    this.#work = work
    this.#moment = moment
    this.#text = text
  }

  async prepare(): Promise<Commented> {
    const { screen } = this.#work
    return await this.#work.steady(async () => {
      const before = await this.#count()
      await openControls(screen)
      await openCommentField(screen)
      await screen.fill('the comment field', (seen) => seen.input, this.#text)
      await screen.waitFor(SEND, (seen) => this.#ready(seen))
      return before
    })
  }

  async commit(): Promise<void> {
    await this.#work.screen.tap(SEND, (seen) => this.#ready(seen))
  }

  async confirm(_part: number, before: Commented): Promise<Settled> {
    return await this.#work.screen.waitFor('the comment', (seen) =>
      this.#shown(seen) > before.count ? 'done' : undefined,
    )
  }

  async probe(_part: number, before: Commented): Promise<Settled> {
    return (await this.#work.steady(async () => await this.#count())).count > before.count ? 'done' : 'not-done'
  }

  readBaseline(json: unknown): Commented {
    return z.object({ count: z.int().min(0) }).parse(json)
  }

  #ready(seen: Snapshot): UiElement | undefined {
    return seen.input?.text === this.#text ? seen.button(SEND) : undefined
  }

  #shown(seen: Snapshot): number {
    return commentsLike(seen, this.#work.locators, this.#work.account.nickname, this.#text)
  }

  async #count(): Promise<Commented> {
    const { screen, locators, account } = this.#work
    await openMoment(screen, locators, { author: this.#moment.author, text: this.#moment.text }, account.wechatId)
    return { count: this.#shown(await screen.look()) }
  }
}
