import type { FoundContact, FoundGroup, ReadDevice, SyncContacts, SyncGroups } from '@muster/proto'
import { runRead, type CommandContext, type CommandHandler } from '@muster/sdk/agent'
import { IncompleteList, readContacts } from '../wechat/contacts.ts'
import { readGroups } from '../wechat/groups.ts'
import { PhoneWork, type PhoneAccess } from './phone-work.ts'

const PAGE = 50
const TRIES = 3

/** Reads all contacts with their profiles. Begins anew when the screen is lost; the plane knows what it has by id. */
export const syncContacts = (access: PhoneAccess): CommandHandler<SyncContacts> => ({
  run: async ({ itemId }, context) => {
    const work = new PhoneWork(access, context)
    await runRead(context, itemId, async () => {
      const pace = (name: string): void => context.progress(name)
      const found = await whole(
        work,
        async () => await all(context, itemId, readContacts(work.screen, work.locators, pace)),
      )
      await inPages<FoundContact>(found, async (contacts) => await context.page({ contacts, groups: [] }))
    })
  },
})

/** Reads all groups the account has kept, with their members when asked for. */
export const syncGroups = (access: PhoneAccess): CommandHandler<SyncGroups> => ({
  run: async ({ itemId, withMembers }, context) => {
    const work = new PhoneWork(access, context)
    await runRead(context, itemId, async () => {
      const pace = (name: string): void => context.progress(name)
      const found = await whole(
        work,
        async () => await all(context, itemId, readGroups(work.screen, work.locators, { withMembers, pace })),
      )
      await inPages<FoundGroup>(found, async (groups) => await context.page({ contacts: [], groups }))
    })
  },
})

/** Looks at the screen, which shows that the phone answers. */
export const readDevice = (access: PhoneAccess): CommandHandler<ReadDevice> => ({
  run: async ({ itemId }, context) => {
    const work = new PhoneWork(access, context)
    await runRead(context, itemId, async () => {
      await work.steady(async () => await work.screen.look())
    })
  },
})

/** Reads a list again from its start while something is missing; a part of it would pass for the whole. */
async function whole<T>(work: PhoneWork, read: () => Promise<T[]>): Promise<T[]> {
  for (let tries = 1; ; tries++) {
    try {
      return await work.steady(read)
    } catch (error) {
      if (!(error instanceof IncompleteList)) throw error
      if (tries === TRIES) throw await work.screen.fail('APP_NOT_READY', error.message)
    }
  }
}

async function all<T>(context: CommandContext, itemId: string, source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const one of source) {
    if (context.cancelled(itemId)) break
    found.push(one)
  }
  return found
}

async function inPages<T>(found: readonly T[], send: (page: T[]) => Promise<void>): Promise<void> {
  for (let start = 0; start < found.length; start += PAGE) await send(found.slice(start, start + PAGE))
}
