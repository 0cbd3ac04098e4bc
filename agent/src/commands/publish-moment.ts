import type { PublishMoment } from '@muster/proto'
import { AgentError, runItems, type CommandHandler, type Effect, type Settled } from '@muster/sdk/agent'
import type { Snapshot } from '../screen/snapshot.ts'
import { chooseAudience, isComposer, readyToPublish, writeMoment, type Audience } from '../wechat/composer.ts'
import { identify } from '../wechat/audience.ts'
import { doneButton, pickPictures, pushPictures, type PickedFile } from '../wechat/gallery.ts'
import { lookBack } from '../wechat/look-back.ts'
import {
  isTimeline,
  momentRow,
  momentsOn,
  openOwnMoments,
  openTimeline,
  startPictureMoment,
  startTextMoment,
} from '../wechat/moments.ts'
import { confirmsTap, ShownBaseline, type Shown } from '../wechat/settle.ts'
import { filesOf } from './files.ts'
import { PhoneWork, type PhoneAccess } from './phone-work.ts'

export const PUBLISH_STEPS = [
  'publish.baseline',
  'publish.push',
  'publish.pick',
  'publish.write',
  'publish.audience',
] as const
type PublishWork = PhoneWork<(typeof PUBLISH_STEPS)[number]>

/** Publishes a Moment: text, up to nine pictures, and who may see it. */
export const publishMoment = (access: PhoneAccess): CommandHandler<PublishMoment> => ({
  run: async (payload, context) => {
    const work: PublishWork = new PhoneWork(access, context)
    await runItems(context, [{ itemId: payload.itemId, effect: () => new MomentEffect(work, payload) }])
  },
})

class MomentEffect implements Effect<Shown> {
  readonly spend = 'posts'
  readonly parts = 1
  readonly #work: PublishWork
  readonly #payload: PublishMoment
  #audience: Audience

  constructor(work: PublishWork, payload: PublishMoment) {
    this.#work = work
    this.#payload = payload
    this.#audience = audienceOf(payload)
  }

  async prepare(_part: number, signal: AbortSignal): Promise<Shown> {
    const files = await filesOf(this.#work, this.#payload.itemId, this.#payload.images, signal)
    return await this.#work.preparing(signal, async () => await this.#compose(files))
  }

  async commit(): Promise<void> {
    await this.#work.lastTap('发表', (seen) => readyToPublish(seen, this.#wanted()))
  }

  async confirm(_part: number, baseline: Shown): Promise<Settled> {
    const { screen, locators } = this.#work
    await screen.waitFor('the timeline after publishing', isTimeline)
    await openOwnMoments(screen, locators)
    return await screen.waitFor('the Moment', (seen) => {
      const now = momentsOn(seen, locators)
      return now && confirmsTap(baseline, now, this.#row()) ? 'done' : undefined
    })
  }

  async probe(_part: number, baseline: Shown): Promise<Settled> {
    const { screen, locators } = this.#work
    return await this.#work.steady(async () => {
      await openOwnMoments(screen, locators)
      const own = { read: (seen: Snapshot) => momentsOn(seen, locators), older: 'down' as const }
      return await lookBack(screen, own, { before: baseline, wanted: this.#row() })
    })
  }

  readBaseline(json: unknown): Shown {
    return ShownBaseline.parse(json)
  }

  async #compose(files: readonly PickedFile[]): Promise<Shown> {
    const { screen, locators } = this.#work
    const before = await this.#work.step('publish.baseline', async () => {
      await openOwnMoments(screen, locators)
      return await screen.settled('one’s own Moments', (seen) => momentsOn(seen, locators))
    })
    await this.#work.step('publish.push', async () => await pushPictures(screen, files))
    this.#audience = await identify(screen, locators, this.#audience)
    await openTimeline(screen)
    await this.#work.step('publish.pick', async () => await this.#openComposer(files))
    await screen.waitFor('the composer', (seen) => isComposer(seen) || undefined)
    await this.#work.step('publish.write', async () => await writeMoment(screen, this.#payload.text))
    await this.#work.step('publish.audience', async () => await chooseAudience(screen, locators, this.#audience))
    await screen.waitFor('everything as asked for', (seen) => readyToPublish(seen, this.#wanted()))
    return before
  }

  async #openComposer(files: readonly PickedFile[]): Promise<void> {
    const { screen, locators } = this.#work
    if (files.length === 0) return await startTextMoment(screen)
    await startPictureMoment(screen, locators)
    const names = files.map(({ name }) => name)
    await pickPictures(screen, locators, names, '完成')
    await screen.tap('完成', (seen) => doneButton(seen, '完成', names.length))
  }

  #row(): string {
    return momentRow(this.#payload.text, this.#payload.images.length)
  }

  #wanted(): { text: string; pictures: number; audience: Audience } {
    return { text: this.#payload.text, pictures: this.#payload.images.length, audience: this.#audience }
  }
}

function audienceOf({ visibility, audience }: PublishMoment): Audience {
  switch (visibility) {
    case 'VISIBILITY_PRIVATE':
      return { type: 'PRIVATE' }
    case 'VISIBILITY_INCLUDE':
      return { type: 'INCLUDE', people: audience }
    case 'VISIBILITY_EXCLUDE':
      return { type: 'EXCLUDE', people: audience }
    case 'VISIBILITY_ALL':
      return { type: 'ALL' }
    case 'VISIBILITY_UNSPECIFIED':
    case 'UNRECOGNIZED':
      throw new AgentError('UNSUPPORTED', `visibility ${visibility} is not known to this agent`)
  }
}
