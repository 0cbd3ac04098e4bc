import { readFile } from 'node:fs/promises'
import type { MaterialRef, PublishMoment } from '@muster/proto'
import { AgentError, runItems, type CommandHandler, type Effect, type Settled } from '@muster/sdk/agent'
import { z } from 'zod'
import { chooseAudience, isComposer, readyToPublish, writeMoment, type Audience } from '../wechat/composer.ts'
import { identify } from '../wechat/audience.ts'
import { doneButton, pickPictures, pushPictures, type PickedFile } from '../wechat/gallery.ts'
import {
  isTimeline,
  momentRow,
  openTimeline,
  readOwnMoments,
  startPictureMoment,
  startTextMoment,
} from '../wechat/moments.ts'
import { happenedSince, type Shown } from '../wechat/settle.ts'
import { PhoneWork, type PhoneAccess } from './phone-work.ts'

export const ShownBaseline: z.ZodType<Shown> = z.object({ rows: z.array(z.string()), whole: z.boolean() })

/** Publishes a Moment: text, up to nine pictures, and who may see it. */
export const publishMoment = (access: PhoneAccess): CommandHandler<PublishMoment> => ({
  run: async (payload, context) => {
    const work = new PhoneWork(access, context)
    await runItems(context, [{ itemId: payload.itemId, effect: () => new MomentEffect(work, payload) }])
  },
})

class MomentEffect implements Effect<Shown> {
  readonly spend = 'posts'
  readonly parts = 1
  readonly #work: PhoneWork
  readonly #payload: PublishMoment
  #audience: Audience

  constructor(work: PhoneWork, payload: PublishMoment) {
    this.#work = work
    this.#payload = payload
    this.#audience = audienceOf(payload)
  }

  async prepare(): Promise<Shown> {
    const files = await filesOf(this.#work, this.#payload.itemId, this.#payload.images)
    return await this.#work.steady(async () => await this.#compose(files))
  }

  async commit(): Promise<void> {
    await this.#work.screen.tap('发表', (seen) => readyToPublish(seen, this.#wanted()))
  }

  async confirm(_part: number, baseline: Shown): Promise<Settled> {
    await this.#work.screen.waitFor('the timeline after publishing', isTimeline)
    return await this.probe(0, baseline)
  }

  async probe(_part: number, baseline: Shown): Promise<Settled> {
    const { screen, locators } = this.#work
    const now = await this.#work.steady(async () => await readOwnMoments(screen, locators))
    return happenedSince(baseline, now, momentRow(this.#payload.text, this.#payload.images.length))
  }

  readBaseline(json: unknown): Shown {
    return ShownBaseline.parse(json)
  }

  async #compose(files: readonly PickedFile[]): Promise<Shown> {
    const { screen, locators } = this.#work
    const before = await this.#work.step('publish.baseline', async () => await readOwnMoments(screen, locators))
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
    await startPictureMoment(screen)
    const names = files.map(({ name }) => name)
    await pickPictures(screen, locators, names, '完成')
    await screen.tap('完成', (seen) => doneButton(seen, '完成', names.length))
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

/** The pictures of an item under names that tell them apart from everything else in the gallery. */
export async function filesOf(work: PhoneWork, itemId: string, images: readonly MaterialRef[]): Promise<PickedFile[]> {
  return await Promise.all(
    images.map(async (image, index) => {
      const extension = image.mimeType.split('/')[1] ?? 'png'
      const bytes = await readFile(await work.context.fetchMaterial(image))
      return { name: `muster-${itemId}-${index + 1}-${image.sha256.slice(0, 8)}.${extension}`, bytes }
    }),
  )
}
