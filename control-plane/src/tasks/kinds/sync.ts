import { z } from 'zod'
import { defineRoute, type Route } from '../../http/route.ts'
import type { WorkspaceTime } from '../../http/schemas.ts'
import type { TaskCreation } from '../creation.ts'
import { newItem } from '../store.ts'
import { commonFields, CreatedOrDryRun, DryRunQuery } from './common.ts'

/** `POST /wechat/friends/sync` and `POST /wechat/groups/sync`. */
export function syncRoutes({ creation, time }: { creation: TaskCreation; time: WorkspaceTime }): Route[] {
  const route = (what: 'friends' | 'groups'): Route =>
    defineRoute({
      method: 'post',
      path: `/wechat/${what}/sync`,
      summary:
        what === 'friends'
          ? 'Read the friends on phones; each becomes a customer of its account'
          : 'Read the groups on phones and their members',
      tag: 'people',
      role: 'operator',
      createsTask: true,
      query: DryRunQuery,
      body: z.strictObject(commonFields(time)),
      data: CreatedOrDryRun,
      handle: async ({ body, query, caller }) => {
        creation.checkTime(body.scheduledTime)
        const devices = await creation.devices(body.devices)
        const action = what === 'friends' ? 'SYNC_CONTACTS' : 'SYNC_GROUPS'
        return await creation.create(
          {
            name: body.name ?? `${what} sync`,
            params: {
              kind: what === 'friends' ? 'FRIENDS_SYNC' : 'GROUPS_SYNC',
              devices: devices.map((device) => device.id),
            },
            scheduledTime: body.scheduledTime,
            deliverWithinSeconds: body.deliverWithinSeconds,
            createdBy: caller.userId,
            items: devices.map((device) =>
              newItem({
                taskId: 0,
                deviceId: device.id,
                accountId: device.accountId,
                action,
                receiver: device.name,
                payload: JSON.stringify({ action }),
              }),
            ),
          },
          devices,
          { dryRun: query.dryRun === 'true' },
        )
      },
    })
  return [route('friends'), route('groups')]
}
