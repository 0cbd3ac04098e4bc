import type { FoundContact } from '@muster/proto'
import {
  runItems,
  runRead,
  startAgent,
  type CommandContext,
  type CommandHandlers,
  type Effect,
  type Identity,
  type RunningAgent,
  type SpendKind,
} from '@muster/sdk/agent'
import type { Logger } from 'pino'

const PAGE = 500

export interface LightPhoneOptions {
  readonly identity: Identity
  /** host:port of the gateway. */
  readonly address: string
  readonly wechatId: string
  readonly log: Logger
  /** How many friends a contact sync finds. @default 0 */
  readonly friends?: number
  /** Called when a Moment is about to be published: it has been RECEIVED and has begun. */
  onMoment?(text: string): void
  onConnected?(): void
}

/**
 * An agent session without a phone behind it, for load: everything of the kit, a journal in memory, and handlers that
 * take effect at once and nowhere. A thousand of them fit in one process.
 */
export async function startLightPhone(options: LightPhoneOptions): Promise<RunningAgent> {
  const { identity, address, wechatId, log } = options
  return await startAgent({
    identity,
    address,
    agentVersion: '0.1.0',
    device: { name: wechatId, type: 'ANDROID', model: 'light', osVersion: '14', emulated: true },
    handlers: handlersOf(options),
    log,
    describe: async () => ({
      wechatId,
      nickname: wechatId,
      loggedIn: true,
      appVersion: '8.0.49',
      uiTree: 'full',
    }),
    onConnected: () => options.onConnected?.(),
  })
}

function handlersOf(options: LightPhoneOptions): CommandHandlers {
  const { wechatId, friends = 0 } = options
  return {
    publishMoment: {
      run: async ({ itemId, text }, context) => {
        options.onMoment?.(text)
        await once(context, 'posts', [itemId])
      },
    },
    sendMessages: {
      run: async ({ items }, context) =>
        await once(
          context,
          'messages',
          items.map(({ itemId }) => itemId),
        ),
    },
    likeMoment: { run: async ({ itemId }, context) => await once(context, 'likes', [itemId]) },
    commentMoment: { run: async ({ itemId }, context) => await once(context, 'comments', [itemId]) },
    syncContacts: {
      run: async ({ itemId }, context) =>
        await runRead(context, itemId, async () => {
          for (let from = 0; from < friends; from += PAGE) {
            const contacts = Array.from({ length: Math.min(PAGE, friends - from) }, (_, index) =>
              friend(wechatId, from + index),
            )
            await context.page({ contacts, groups: [] })
          }
        }),
    },
    syncGroups: { run: async ({ itemId }, context) => await runRead(context, itemId, async () => undefined) },
    readDevice: { run: async ({ itemId }, context) => await runRead(context, itemId, async () => undefined) },
  }
}

const friend = (owner: string, index: number): FoundContact => ({
  wechatId: `${owner}_friend${index}`,
  nickname: `${owner} friend ${index}`,
  remark: '',
  region: '',
})

async function once(context: CommandContext, spend: SpendKind, itemIds: readonly string[]): Promise<void> {
  const effect: Effect<undefined> = {
    spend,
    parts: 1,
    prepare: async () => undefined,
    commit: async () => undefined,
    confirm: async () => 'done',
    probe: async () => 'done',
    readBaseline: () => undefined,
  }
  await runItems(
    context,
    itemIds.map((itemId) => ({ itemId, effect: () => effect })),
  )
}
