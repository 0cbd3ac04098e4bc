import { z } from 'zod'
import type { DeviceRow } from '../../../infra/database/tables/devices.ts'
import { defineRoute, type Route } from '../../../http/route.ts'
import type { WorkspaceTime } from '../../../infra/workspace-time.ts'
import type { TaskCreation } from '../creation.ts'
import type { SyncParams } from '../params.ts'
import { newItem } from '../store.ts'
import { commonFields, CreatedOrDryRun, DryRunQuery, type Prepared } from './common.ts'

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
      limit: 'task-creation',
      query: DryRunQuery,
      body: z.strictObject(commonFields(time)),
      data: CreatedOrDryRun,
      handle: async ({ body, query, caller }) => {
        creation.checkTime(body.scheduledTime)
        const devices = await creation.devices(body.devices)
        const { scheduledTime, deliverWithinSeconds } = body
        const prepared = prepareSync(what === 'friends' ? 'FRIENDS_SYNC' : 'GROUPS_SYNC', devices)
        const name = body.name ?? prepared.name
        const task = { ...prepared, name, scheduledTime, deliverWithinSeconds, createdBy: caller.userId }
        return await creation.create(task, devices, { dryRun: query.dryRun === 'true' })
      },
    })
  return [route('friends'), route('groups')]
}

export function prepareSync(kind: SyncParams['kind'], devices: readonly DeviceRow[]): Prepared {
  const action = kind === 'FRIENDS_SYNC' ? 'SYNC_CONTACTS' : 'SYNC_GROUPS'
  return {
    name: kind === 'FRIENDS_SYNC' ? 'friends sync' : 'groups sync',
    params: { kind, devices: devices.map((device) => device.id) },
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
  }
}
