import type { Transaction } from 'sequelize'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import type { Tables } from '../../infra/database/tables/index.ts'
import { insert, rows } from '../../infra/database/table.ts'
import type { DeviceRow } from '../../infra/database/tables/devices.ts'
import type { ItemLedger } from '../../fleet/commands/items.ts'
import { deviceStatus } from '../../fleet/devices/status.ts'
import { invalid, MusterError, notFound } from '../../infra/errors.ts'
import type { FaultPoints } from '../../infra/fault-points.ts'
import type { WorkspaceTime } from '../../infra/workspace-time.ts'
import type { Policy } from '../../fleet/policy/service.ts'
import type { EventLog } from '../../ports.ts'
import type { Approval } from './approval.ts'
import { deletedDevices } from './deleted-devices.ts'
import { forecast, type ForecastSkip } from './forecast.ts'
import type { TaskStatus } from '../../infra/database/tables/tasks.ts'
import { effectClassOf, kindOf, type AnyKind, type TaskParams } from './kinds/index.ts'
import type { ItemDraft } from './kinds/item-draft.ts'
import type { Prepared } from './kinds/kind.ts'
import { plannable } from './planner.ts'
import type { CommonRequest } from './task-requests.ts'

/** How far in the past a time may lie for the clocks of caller and plane to differ. */
const CLOCK_TOLERANCE_MS = 1000

/** Skipped receivers a dry run names; all of them are counted. */
const MOST_SKIPPED_SHOWN = 1000

export interface CreationDeps {
  readonly db: Database
  readonly tables: Pick<Tables, 'tasks' | 'taskDevices'>
  readonly clock: Clock
  readonly time: WorkspaceTime
  readonly faults: FaultPoints
  readonly items: ItemLedger
  readonly events: EventLog
  readonly policy: Policy
  readonly approval: Approval
  readonly wechatRulesAccepted: boolean
  /** Wakes at the time of a scheduled task, and at once for one that is due. */
  schedule(taskId: number, at: number): Promise<void>
}

export interface NewTask extends Prepared<TaskParams> {
  readonly scheduledTime: number | undefined
  readonly deliverWithinSeconds: number
  readonly createdBy: number
}

export interface CreatedTask {
  readonly taskId: number
  readonly status: TaskStatus
  readonly scheduledTime: string | null
  readonly devices: { id: number; name: string; status: 'ONLINE' | 'OFFLINE' | 'DISABLED' }[]
  readonly warnings: string[]
}

export interface DryRunAnswer {
  readonly wouldSend: number
  readonly skipped: ForecastSkip[]
  readonly expectedEnd: string
}

/** Turns a checked request into a task with its items, in one transaction. */
export class TaskCreation {
  readonly #deps: CreationDeps

  constructor(deps: CreationDeps) {
    this.#deps = deps
  }

  /**
   * The devices of a request, without repetition, in its order. Throws NOT_FOUND or why a device cannot be used, and
   * PHONE_DRIVER_NOT_ACCEPTED when none of them may be driven by a kind of task that acts as their accounts.
   */
  async devices(ids: readonly number[], { usesAccount }: Pick<AnyKind, 'usesAccount'>): Promise<DeviceRow[]> {
    const wanted = [...new Set(ids)]
    const found = await rows(this.#deps.db.models.devices, { where: { id: wanted, deletedAt: null } })
    const devices = wanted.map((id) => {
      const device = found.find((one) => one.id === id)
      if (!device) throw notFound('devices: device', id)
      if (device.disabled) throw invalid(`devices: device ${id} is disabled; enable it or leave it out`)
      return device
    })
    // A device that was never seen may turn out to be an emulated phone.
    const real = devices.filter((device) => !device.emulated && device.lastSeenAt !== null)
    if (usesAccount && real.length === devices.length && !this.#deps.wechatRulesAccepted) {
      throw new MusterError(
        'PHONE_DRIVER_NOT_ACCEPTED',
        `devices: ${real.map(({ id }) => id).join(', ')} are real phones and the phone driver is off (phone_driver_not_accepted); its operator has to accept the notice about WeChat's rules in the settings`,
      )
    }
    return devices
  }

  /** Throws INVALID_REQUEST for a time that is over. */
  checkTime(scheduledTime: number | undefined): void {
    if (scheduledTime !== undefined && scheduledTime < this.#deps.clock.now().getTime() - CLOCK_TOLERANCE_MS) {
      throw invalid('scheduledTime: is in the past; give a time to come, or none to start now')
    }
  }

  /**
   * A task of this kind as it is asked for. Throws INVALID_REQUEST or NOT_FOUND that names the field.
   * @param request checked by the schemas of the kind
   */
  async request(
    kind: AnyKind,
    request: CommonRequest,
    { userId, dryRun }: { userId: number; dryRun: boolean },
  ): Promise<CreatedTask | DryRunAnswer> {
    this.checkTime(request.scheduledTime)
    const devices = await this.devices(request.devices, kind)
    const prepared = await this.prepare(kind, request, devices)
    const { name = prepared.name, scheduledTime, deliverWithinSeconds } = request
    const task = { ...prepared, name, scheduledTime, deliverWithinSeconds, createdBy: userId }
    return await this.create(task, devices, { dryRun })
  }

  /** Checks what is asked of these devices, with all it refers to. Throws INVALID_REQUEST or NOT_FOUND. */
  async prepare(kind: AnyKind, request: unknown, devices: readonly DeviceRow[]): Promise<Prepared<TaskParams>> {
    const { db, clock } = this.#deps
    return await kind.prepare(request, { db, devices, nowMs: clock.now().getTime() })
  }

  /** @param dryRun whether to say only what the task would do, and write nothing */
  async create(
    task: NewTask,
    devices: readonly DeviceRow[],
    { dryRun }: { dryRun: boolean },
  ): Promise<CreatedTask | DryRunAnswer> {
    const { clock, faults, time, approval } = this.#deps
    const startMs = task.scheduledTime ?? clock.now().getTime()
    if (dryRun) return await this.#dryRun(task, devices, startMs)
    const review = await approval.needed(task.items, [task.createdBy])
    const status: TaskStatus = review === undefined ? 'SCHEDULED' : 'IN_REVIEW'
    faults.hit('task.create.before')
    const taskId = await this.#deps.db.write(
      async (tx) => await this.#write(tx, task, devices, { status, review, startMs }),
    )
    faults.hit('task.create.after')
    if (status === 'SCHEDULED') await this.#deps.schedule(taskId, startMs)
    return {
      taskId,
      status,
      scheduledTime: time.format(startMs),
      devices: devices.map((device) => ({ id: device.id, name: device.name, status: deviceStatus(device) })),
      warnings: [
        ...(review === undefined ? [] : [`${review}: POST /tasks/${taskId}/approve`]),
        ...(task.warnings ?? []),
        ...(await this.deviceWarnings(task, devices, startMs)),
      ],
    }
  }

  async #dryRun(task: NewTask, devices: readonly DeviceRow[], startMs: number): Promise<DryRunAnswer> {
    const first = task.items.map((item, at) => ({ ...item, id: at + 1 }))
    const later = (task.dependents?.(first) ?? []).map((item, at) => ({ ...item, id: first.length + at + 1 }))
    const items = [...first, ...later]
    const judge = await this.#deps.policy.judge(
      devices.map(({ id, accountId }) => ({ deviceId: id, accountId })),
      items.flatMap((item) => item.customerId ?? []),
    )
    const { wouldSend, skipped, endsAt } = forecast(task.params, items.map(plannable), judge, startMs)
    const expectedEnd = this.#deps.time.format(endsAt)
    return { wouldSend, skipped: skipped.slice(0, MOST_SKIPPED_SHOWN), expectedEnd }
  }

  /** Which devices cannot begin when the task does, and why. */
  async deviceWarnings(
    task: Pick<NewTask, 'params' | 'deliverWithinSeconds'>,
    devices: readonly DeviceRow[],
    startMs: number,
  ): Promise<string[]> {
    const effectClass = effectClassOf(task.params)
    const { usesAccount } = kindOf(task.params)
    const work = devices.map(({ id, accountId }) => ({
      deviceId: id,
      accountId,
      taskId: null,
      effectClass,
      usesAccount,
    }))
    const judge = await this.#deps.policy.judge(work)
    return devices.flatMap((device, at) => {
      const says = (what: string) => `device ${device.id} (${device.name}): ${what}`
      const mine = work[at]
      const hold = mine && device.lastSeenAt !== null ? judge.hold(mine, startMs) : undefined
      const offline = deviceStatus(device) === 'OFFLINE'
      return [
        ...(hold ? [says(hold.reason)] : []),
        ...(offline ? [says(`is offline; it has ${task.deliverWithinSeconds} s to come back`)] : []),
      ]
    })
  }

  async #write(
    tx: Transaction,
    task: NewTask,
    devices: readonly DeviceRow[],
    { status, review, startMs }: { status: TaskStatus; review: string | undefined; startMs: number },
  ): Promise<number> {
    const { tables, clock, events } = this.#deps
    const now = clock.now().getTime()
    const { name, params, deliverWithinSeconds, createdBy } = task
    const values = {
      kind: params.kind,
      name,
      status,
      params,
      look: kindOf(params).look(params),
      scheduledTime: startMs,
      deliverWithinSeconds,
      createdBy,
      createdAt: now,
      reason: review ?? null,
    }
    const taskId = await insert(tables.tasks, values, tx)
    await this.writeParts(tx, taskId, task, devices)
    await events.append(tx, [{ type: 'task.updated', refId: taskId, taskId, status }])
    return taskId
  }

  /** Part of the caller's write: the devices of a task and its items. Throws NOT_FOUND for a device that was deleted. */
  async writeParts(
    tx: Transaction,
    taskId: number,
    task: Pick<NewTask, 'items' | 'dependents'>,
    devices: readonly Pick<DeviceRow, 'id'>[],
  ): Promise<void> {
    const { db, tables, items } = this.#deps
    const deviceIds = devices.map(({ id }) => id)
    const [gone] = (await deletedDevices(db, tx, deviceIds)).keys()
    // Since the request was checked: what was written for it now would wait for a phone that cannot come.
    if (gone !== undefined) throw notFound('devices: device', gone)
    await tables.taskDevices.bulkCreate(
      deviceIds.map((deviceId) => ({ taskId, deviceId })),
      {
        transaction: tx,
      },
    )
    const ofTask = (drafts: readonly ItemDraft[]) => drafts.map((item) => ({ ...item, taskId }))
    await items.insert(tx, ofTask(task.items))
    if (task.dependents) {
      const made = await rows(db.models.items, { where: { taskId }, order: [['id', 'ASC']], transaction: tx })
      await items.insert(tx, ofTask(task.dependents(made)))
    }
  }
}
