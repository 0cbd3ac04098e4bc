import { syncKind } from '../sync-kind.ts'

/** Reads the friends on phones. */
export const friendsSync = syncKind({
  kind: 'FRIENDS_SYNC',
  path: '/wechat/friends/sync',
  summary: 'Read the friends on phones; each becomes a customer of its account',
  name: 'friends sync',
  action: 'SYNC_CONTACTS',
  command: (itemId) => ({ $case: 'syncContacts', value: { itemId } }),
})
