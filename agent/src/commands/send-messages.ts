import type { MessageItem, MessagePart, SendMessages } from '@muster/proto'
import { AgentError, runItems, type CommandHandler, type Effect, type Settled } from '@muster/sdk/agent'
import {
  chatTitle,
  messageRow,
  openChat,
  openGallery,
  pictureRow,
  readyToSend,
  shownIn,
  writeText,
} from '../wechat/chat.ts'
import { doneButton, pickPictures, pushPictures } from '../wechat/gallery.ts'
import { happenedSince, type Shown } from '../wechat/settle.ts'
import { PhoneWork, type PhoneAccess } from './phone-work.ts'
import { filesOf, ShownBaseline } from './publish-moment.ts'

const CONFIRM_MS = 6000

/** Sends messages one after the other, each to the one person or group it is meant for. */
export const sendMessages = (access: PhoneAccess): CommandHandler<SendMessages> => ({
  run: async ({ items, pace }, context) => {
    const work = new PhoneWork(access, context)
    const effects = items.map((item) => ({ itemId: item.itemId, effect: () => new MessageEffect(work, item) }))
    await runItems(context, effects, { intervalMs: pace?.intervalMs ?? 0, jitterMs: pace?.jitterMs ?? 0 })
  },
})

class MessageEffect implements Effect<Shown> {
  readonly spend = 'messages'
  readonly parts: number
  readonly #work: PhoneWork
  readonly #item: MessageItem
  #title: string | undefined

  constructor(work: PhoneWork, item: MessageItem) {
    this.#work = work
    this.#item = item
    this.parts = item.parts.length
  }

  async prepare(part: number): Promise<Shown> {
    const content = this.#part(part)
    // All files before the first part: half a message is worse than none.
    if (part === 0) await this.#fetchAll()
    return await this.#work.steady(async () => {
      const title = await this.#open()
      const before = shownIn(await this.#chat(title), this.#work.locators)
      if (content.$case === 'text') {
        await this.#work.step('send.write', async () => await this.#write(title, content.value))
      } else await this.#pick(title, part, content)
      return before
    })
  }

  async commit(part: number): Promise<void> {
    const { screen, locators } = this.#work
    const content = this.#part(part)
    const title = this.#title ?? ''
    screen.lastDialog = undefined
    await screen.tap('发送', (seen) =>
      content.$case === 'text' ? readyToSend(seen, locators, title, content.value) : doneButton(seen, '发送', 1),
    )
  }

  async confirm(part: number, baseline: Shown): Promise<Settled> {
    const { screen, locators } = this.#work
    const word = await screen.waitFor(
      'the message in the conversation',
      (seen) => {
        if (chatTitle(seen, locators) !== this.#title) return undefined
        const settled = happenedSince(baseline, shownIn(seen, locators), this.#row(part))
        // What still stands in the field was not sent; the screen may only need a moment.
        return settled === 'not-done' && !screen.lastDialog ? undefined : settled
      },
      CONFIRM_MS,
    )
    if (word === 'not-done')
      throw new AgentError('CONTACT_NOT_FOUND', `WeChat refused the message: ${screen.lastDialog ?? ''}`)
    return word
  }

  async probe(part: number, baseline: Shown): Promise<Settled> {
    const { locators } = this.#work
    this.#title = undefined
    const now = await this.#work.steady(async () => shownIn(await this.#chat(await this.#open()), locators))
    return happenedSince(baseline, now, this.#row(part))
  }

  readBaseline(json: unknown): Shown {
    return ShownBaseline.parse(json)
  }

  /** Opens the conversation unless it is still on the screen from the part before. */
  async #open(): Promise<string> {
    const { screen, locators } = this.#work
    const { receiver } = this.#item
    if (!receiver) throw new AgentError('CONTACT_NOT_FOUND', 'the message has no receiver')
    if (this.#title !== undefined && chatTitle(await screen.look(), locators) === this.#title) return this.#title
    this.#title = undefined
    this.#title = await this.#work.step('send.open', async () => await openChat(screen, locators, receiver))
    return this.#title
  }

  async #chat(title: string) {
    const { screen, locators } = this.#work
    return await screen.waitFor('the conversation', (seen) => (chatTitle(seen, locators) === title ? seen : undefined))
  }

  async #write(title: string, text: string): Promise<void> {
    await writeText(this.#work.screen, this.#work.locators, title, text)
  }

  async #fetchAll(): Promise<void> {
    for (const { part } of this.#item.parts) {
      if (part?.$case === 'image') await this.#work.context.fetchMaterial(part.value)
    }
  }

  async #pick(title: string, part: number, content: Extract<MessagePart['part'], { $case: 'image' }>): Promise<void> {
    const { screen, locators } = this.#work
    const files = await filesOf(this.#work, `${this.#item.itemId}-${part}`, [content.value])
    await this.#work.step('send.push', async () => await pushPictures(screen, files))
    await this.#work.step('send.pick', async () => {
      await openGallery(screen, locators, title)
      await pickPictures(
        screen,
        locators,
        files.map(({ name }) => name),
        '发送',
      )
    })
  }

  #part(part: number): NonNullable<MessagePart['part']> {
    const content = this.#item.parts[part]?.part
    if (!content)
      throw new AgentError('UNSUPPORTED', `part ${part + 1} of the message is of a kind this agent does not know`)
    return content
  }

  #row(part: number): string {
    const content = this.#part(part)
    return content.$case === 'text' ? messageRow(true, content.value) : pictureRow(true)
  }
}
