import type { MaterialRef, MessageItem, MessagePart, SendMessages } from '@muster/proto'
import { AgentError, runItems, type CommandHandler, type Effect, type Settled } from '@muster/sdk/agent'
import type { Snapshot } from '../screen/snapshot.ts'
import {
  chatTitle,
  isFieldEmpty,
  messageRow,
  openChat,
  openGallery,
  pictureRow,
  readyToSend,
  shownIn,
  writeText,
} from '../wechat/chat.ts'
import { doneButton, pickPictures, pushPictures } from '../wechat/gallery.ts'
import { lookBack } from '../wechat/look-back.ts'
import { confirmsTap, happenedSince, ShownBaseline, type Shown } from '../wechat/settle.ts'
import { filesOf } from './files.ts'
import { PhoneWork, type PhoneAccess } from './phone-work.ts'

const CONFIRM_MS = 6000

export const SEND_STEPS = ['send.open', 'send.write', 'send.push', 'send.pick'] as const
type SendWork = PhoneWork<(typeof SEND_STEPS)[number]>

/** Sends messages one after the other, each to the one person or group it is meant for. */
export const sendMessages = (access: PhoneAccess): CommandHandler<SendMessages> => ({
  run: async ({ items, pace }, context) => {
    const work: SendWork = new PhoneWork(access, context)
    const effects = items.map((item) => ({ itemId: item.itemId, effect: () => new MessageEffect(work, item) }))
    await runItems(context, effects, { intervalMs: pace?.intervalMs ?? 0, jitterMs: pace?.jitterMs ?? 0 })
  },
})

class MessageEffect implements Effect<Shown> {
  readonly spend = 'messages'
  readonly parts: number
  readonly #work: SendWork
  readonly #item: MessageItem
  #title: string | undefined

  constructor(work: SendWork, item: MessageItem) {
    this.#work = work
    this.#item = item
    this.parts = item.parts.length
  }

  async prepare(part: number, signal: AbortSignal): Promise<Shown> {
    const content = this.#part(part)
    // All files before the first part: half a message is worse than none.
    if (part === 0) await this.#fetchAll(signal)
    return await this.#work.preparing(signal, async () => {
      const title = await this.#open()
      const before = await this.#work.screen.settled('the conversation', (seen) => this.#shown(seen, title))
      if (content.$case === 'text') {
        await this.#work.step('send.write', async () => await this.#write(title, content.value))
      } else await this.#pick(title, part, content.value, signal)
      return before
    })
  }

  async commit(part: number): Promise<void> {
    const { screen, locators } = this.#work
    const content = this.#part(part)
    const title = this.#title ?? ''
    await this.#work.lastTap('发送', (seen) => {
      const button =
        content.$case === 'text' ? readyToSend(seen, locators, title, content.value) : doneButton(seen, '发送', 1)
      // What lay over the button before the tap says nothing about it.
      if (button) screen.lastDialog = undefined
      return button
    })
  }

  async confirm(part: number, baseline: Shown): Promise<Settled> {
    const { screen, locators } = this.#work
    const title = this.#title ?? ''
    return await screen.waitFor(
      'the message in the conversation',
      (seen) => {
        const now = this.#shown(seen, title)
        if (!now) return undefined
        const emptied = isFieldEmpty(seen, locators, title)
        const stayed = !emptied || happenedSince(baseline, now, this.#row(part)) === 'not-done'
        if (screen.lastDialog !== undefined && stayed)
          throw new AgentError('CONTACT_NOT_FOUND', `WeChat refused the message: ${screen.lastDialog}`)
        return emptied && confirmsTap(baseline, now, this.#row(part)) ? 'done' : undefined
      },
      CONFIRM_MS,
    )
  }

  async probe(part: number, baseline: Shown): Promise<Settled> {
    try {
      return await this.#work.steady(async () => await this.#settle(part, baseline))
    } finally {
      // It was scrolled: whoever writes next opens it anew.
      this.#title = undefined
    }
  }

  readBaseline(json: unknown): Shown {
    return ShownBaseline.parse(json)
  }

  soFar(done: number): string {
    const names = this.#item.parts.map((_, part) => this.#nameOf(part))
    return `${names.slice(0, done).join(' and ')} ${done === 1 ? 'was' : 'were'} sent, ${names[done]} was not`
  }

  #nameOf(part: number): string {
    const kind = this.#item.parts[part]?.part?.$case
    const same = this.#item.parts.flatMap((one, index) => (one.part?.$case === kind ? [index] : []))
    const name = kind === 'image' ? 'picture' : 'text'
    return same.length === 1 ? `the ${name}` : `${name} ${same.indexOf(part) + 1} of ${same.length}`
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

  async #settle(part: number, before: Shown): Promise<Settled> {
    const { screen } = this.#work
    this.#title = undefined
    const title = await this.#open()
    const chat = { read: (seen: Snapshot) => this.#shown(seen, title), older: 'up' as const }
    const standing = await screen.settled('the message field', (seen) => this.#shown(seen, title) && seen.input?.text)
    const word = await lookBack(screen, chat, { before, wanted: this.#row(part) })
    const content = this.#part(part)
    // Where rows cannot tell: WeChat keeps what was written until it is sent.
    return word === 'unknown' && content.$case === 'text' && standing === content.value ? 'not-done' : word
  }

  #shown(seen: Snapshot, title: string): Shown | undefined {
    return shownIn(seen, this.#work.locators, title)
  }

  async #write(title: string, text: string): Promise<void> {
    await writeText(this.#work.screen, this.#work.locators, title, text)
  }

  async #fetchAll(signal: AbortSignal): Promise<void> {
    for (const { part } of this.#item.parts) {
      if (part?.$case === 'image') await this.#work.context.fetchMaterial(part.value, signal)
    }
  }

  async #pick(title: string, part: number, image: MaterialRef, signal: AbortSignal): Promise<void> {
    const { screen, locators } = this.#work
    const files = await filesOf(this.#work, `${this.#item.itemId}-${part}`, [image], signal)
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
