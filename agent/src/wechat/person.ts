import { AgentError } from '@muster/sdk/agent'
import type { FoundContact, Receiver } from '@muster/proto'
import type { AppScreen } from '../screen/app-screen.ts'
import type { Locators } from './locators.ts'
import { readProfile } from './profile.ts'
import { openFoundPerson } from './search.ts'

/**
 * Reads the profile of the one person a receiver means. Throws CONTACT_NOT_FOUND, also when the names are not this
 * person's, and CONTACT_AMBIGUOUS.
 */
export async function readPerson(
  screen: AppScreen,
  locators: Locators,
  receiver: Receiver,
): Promise<FoundContact & { name: string }> {
  await openFoundPerson(screen, locators, receiver)
  await screen.tap('聊天信息', (seen) => (seen.input ? seen.image('聊天信息') : undefined))
  await screen.tap('the face', (seen) =>
    seen.text('查找聊天记录') ? seen.find(({ cls, desc }) => cls === 'ImageView' && desc.endsWith('头像')) : undefined,
  )
  const profile = await readProfile(screen, locators)
  const named = (['wechatId', 'nickname', 'remark'] as const).every(
    (name) => receiver[name] === '' || receiver[name] === profile[name],
  )
  if (named) return profile
  throw new AgentError('CONTACT_NOT_FOUND', `"${profile.name}" is not "${receiver.remark || receiver.nickname}"`)
}
