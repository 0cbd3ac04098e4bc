import type { Clock, Timer } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import { row } from '../../infra/database/table.ts'
import type { DeviceRow } from '../../infra/database/tables/devices.ts'
import { OPEN_ITEM, type ItemRow } from '../../infra/database/tables/tasks.ts'
import { conflict, MusterError, notFound } from '../../infra/errors.ts'
import { deviceStatus } from '../../fleet/devices/status.ts'
import type { EventLog, PublishedEvent } from '../../ports.ts'
import type { TaskCreation } from './creation.ts'
import { KINDS } from './kinds/index.ts'
import { evidenceUrl, resultOf } from './views.ts'

export interface DeviceCommandsDeps {
  readonly db: Database
  readonly clock: Clock
  readonly events: EventLog
  readonly creation: TaskCreation
}

/** A command for one device, given by hand. */
export interface DeviceCommand {
  readonly command: string
  readonly version?: number | undefined
  readonly payload: unknown
  /** How long the caller waits; what has not reached the phone by then is not done. */
  readonly waitSeconds: number
}

/** How far a command given by hand has come. */
export type DeviceCommandState = Pick<ItemRow, 'taskId' | 'commandId' | 'status' | 'code' | 'reason'> & {
  readonly result: unknown
  readonly evidenceUrl: string | null
}

/** Gives commands to single devices and waits for their end: each is a task of its own, with all that tasks promise. */
export class DeviceCommands {
  readonly #deps: DeviceCommandsDeps
  readonly #waits = new Set<Wait>()
  #stopped = false

  constructor(deps: DeviceCommandsDeps) {
    this.#deps = deps
  }

  /**
   * Resolves when the command has succeeded, or with its state when the time is over. Throws what creation throws,
   * DEVICE_OFFLINE, CONFLICT when the device loses its session meanwhile, and COMMAND_FAILED for any other end.
   */
  async run(deviceId: number, command: DeviceCommand, userId: number): Promise<DeviceCommandState> {
    await this.#requireOnline(deviceId)
    const wait = new Wait(this.#deps, deviceId, command.waitSeconds * 1000)
    this.#waits.add(wait)
    if (this.#stopped) wait.end()
    try {
      const taskId = await this.#create(deviceId, command, userId)
      wait.taskId = taskId
      return await this.#ended(taskId, wait)
    } finally {
      wait.end()
      this.#waits.delete(wait)
    }
  }

  /** Answers everybody who waits with the state so far, from now on at once. */
  stopWaiting(): void {
    this.#stopped = true
    for (const wait of this.#waits) wait.end()
  }

  async #requireOnline(id: number): Promise<void> {
    const device = await this.#device(id)
    if (!device) throw notFound('device', id)
    if (deviceStatus(device) === 'OFFLINE')
      throw new MusterError(
        'DEVICE_OFFLINE',
        `id: device ${id} (${device.name}) is offline; try again when it is back, or create a task, which waits for it`,
      )
  }

  async #device(id: number): Promise<DeviceRow | undefined> {
    return await row(this.#deps.db.models.devices, { where: { id, deletedAt: null } })
  }

  async #create(deviceId: number, given: DeviceCommand, userId: number): Promise<number> {
    const { command, version, payload, waitSeconds } = given
    const request = { command, version, payload, devices: [deviceId], deliverWithinSeconds: waitSeconds }
    const created = await this.#deps.creation.request(KINDS.CUSTOM, request, { userId, dryRun: false })
    if (!('taskId' in created)) throw new Error('a dry run was answered')
    return created.taskId
  }

  async #ended(taskId: number, wait: Wait): Promise<DeviceCommandState> {
    for (;;) {
      // Before the look: what happens during it is seen by the next one.
      const change = wait.change()
      const item = await row(this.#deps.db.models.items, { where: { taskId } })
      if (!item) throw notFound('task', taskId)
      const { commandId, status, code, reason, evidenceId } = item
      const ended = !item.provisional && !OPEN_ITEM.includes(status)
      if (ended && status !== 'SUCCEEDED') throw failed(item)
      if (ended || wait.over)
        return { taskId, commandId, status, code, reason, result: resultOf(item), evidenceUrl: evidenceUrl(evidenceId) }
      if (!(await this.#device(item.deviceId))?.online)
        throw conflict(
          `device ${item.deviceId} lost its session while it had the command; GET /tasks/${taskId}/items shows what becomes of it`,
        )
      await change
    }
  }
}

const failed = ({ taskId, commandId, status, code, reason }: ItemRow): MusterError =>
  new MusterError(
    'COMMAND_FAILED',
    `command ${commandId ?? ''} of task ${taskId} ended ${status}${code === null ? '' : ` (${code})`}: ${reason ?? ''}`,
  )

/** What a caller waits for: something new of the device or the task, for a time. */
class Wait {
  /** The time is over, or the plane stops. */
  over = false
  /** The task whose items are waited for; undefined until it is there. */
  taskId: number | undefined
  readonly #timer: Timer
  readonly #subscription: { close(): void }
  #change = Promise.withResolvers<void>()

  constructor({ clock, events }: DeviceCommandsDeps, deviceId: number, ms: number) {
    this.#timer = clock.setTimeout(() => this.end(), ms)
    this.#subscription = events.subscribe(undefined, (some) => this.#hear(some, deviceId))
  }

  /** Resolves at the next change. */
  change(): Promise<void> {
    return this.#change.promise
  }

  end(): void {
    this.over = true
    this.#timer.cancel()
    this.#subscription.close()
    this.#wake()
  }

  #hear(events: readonly PublishedEvent[], deviceId: number): void {
    const mine = ({ type, id, taskId }: PublishedEvent): boolean =>
      type === 'device.updated' ? id === deviceId : taskId !== undefined && taskId === this.taskId
    if (events.some(mine)) this.#wake()
  }

  #wake(): void {
    this.#change.resolve()
    this.#change = Promise.withResolvers()
  }
}
