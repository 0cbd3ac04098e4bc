import { syncKind } from '../sync-kind.ts'

/** Reads the groups on phones. */
export const groupsSync = syncKind({
  kind: 'GROUPS_SYNC',
  path: '/wechat/groups/sync',
  summary: 'Read the groups on phones and their members',
  name: 'groups sync',
  action: 'SYNC_GROUPS',
  command: (itemId) => ({ $case: 'syncGroups', value: { itemId, withMembers: true } }),
})
