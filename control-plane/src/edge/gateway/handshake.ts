import {
  type Cancel,
  CommandLevel,
  type Hello,
  type InFlight,
  ItemStatus,
  type Resume,
  ResumeAction,
} from '@muster/proto'
import { Op, type Transaction } from 'sequelize'
import type { Clock } from '../../infra/clock.ts'
import type { Database } from '../../infra/database/database.ts'
import { insert, row, rows } from '../../infra/database/table.ts'
import type { DeviceRow } from '../../infra/database/tables/devices.ts'
import { MusterError } from '../../infra/errors.ts'
import type { FaultPoints } from '../../infra/fault-points.ts'
import { activeSwitches, stopBy } from '../../fleet/policy/kill-switches.ts'
import type { EventLog, TaskProgress } from '../../ports.ts'
import type { CommandRow } from '../../infra/database/tables/commands.ts'
import { isSettled, itemTakesOutcome, reachedLevel } from '../../fleet/commands/state.ts'
import type { CommandWriter } from '../../fleet/commands/writer.ts'
import {
  JOURNAL_LOST,
  knowsWhatItSaid,
  planResume,
  sameJournal,
  type AgentLevel,
  type Disowned,
  type HeldCommand,
  type ResumePlan,
  type Returning,
  type ToldItem,
} from '../../fleet/commands/resume-rules.ts'

export interface HandshakeDeps {
  readonly db: Database
  readonly clock: Clock
  readonly faults: FaultPoints
  readonly events: EventLog
  readonly progress: TaskProgress
  readonly writer: CommandWriter
  readonly allowEmulated: boolean
}

export interface AcceptedHello {
  readonly device: DeviceRow
  /** The account the phone shows. */
  readonly accountId: number | null
  readonly epoch: number
  readonly resume: Resume[]
  /** Items of what it holds that must not be done any more. */
  readonly cancels: Cancel[]
  /** What the agent holds and will have a result for. */
  readonly outstanding: readonly string[]
}

/** Takes an agent in: raises the epoch, learns the account, settles what both sides know of open commands. */
export class Handshake {
  readonly #deps: HandshakeDeps

  constructor(deps: HandshakeDeps) {
    this.#deps = deps
  }

  /** Throws UNAUTHENTICATED for a certificate that may not speak for the device, FORBIDDEN for a disabled one. */
  async accept(hello: Hello, serial: string): Promise<AcceptedHello> {
    const { db, faults } = this.#deps
    faults.hit('hello.accept.before')
    const accepted = await db.write(async (tx) => {
      const device = await this.#device(tx, hello.deviceId, serial)
      const accountId = await this.#account(tx, hello, device)
      const held = hello.inFlight.map(heldCommand)
      const trusted = sameJournal(hello, device) && knowsWhatItSaid(held, await this.#told(tx, held, device.id))
      const epoch = Math.max(device.epoch, hello.lastEpoch) + 1
      await this.#register(tx, hello, device, { epoch, accountId, trusted })
      const shown = hello.account?.wechatId ? accountId : null
      const plan = await this.#resume(tx, held, device.id, { trusted, accountId: shown }, JOURNAL_LOST)
      const outstanding = plan.held.map((command) => command.commandId)
      const cancels = await this.#itemCancels(tx, outstanding)
      return { device, accountId: shown, epoch, resume: plan.answers.map(resumeAnswer), cancels, outstanding }
    })
    faults.hit('hello.accept.after')
    return accepted
  }

  /** Part of the caller's write: as if the device had come back without anything, and never could again. */
  async abandon(tx: Transaction, deviceId: number): Promise<void> {
    const reason = 'the device was deleted, so nobody can know what it did'
    await this.#resume(tx, [], deviceId, { trusted: false, accountId: null }, reason)
  }

  async #device(tx: Transaction, deviceId: number, serial: string): Promise<DeviceRow> {
    const device = await row(this.#deps.db.models.devices, { where: { id: deviceId }, transaction: tx })
    if (!device || device.deletedAt !== null || device.certificateSerial !== serial) {
      throw new MusterError(
        'UNAUTHENTICATED',
        'this certificate does not speak for the device, or was revoked; enrol it anew',
      )
    }
    if (device.disabled) throw new MusterError('FORBIDDEN', 'the device is disabled; an operator has to enable it')
    return device
  }

  /**
   * The account on the phone's screen; a phone that cannot show one keeps the one it had, until another shows that:
   * WeChat signs an account out where it was signed in before.
   */
  async #account(tx: Transaction, hello: Hello, device: DeviceRow): Promise<number | null> {
    const { accounts, devices } = this.#deps.db.models
    const shown = hello.account
    if (!shown?.wechatId) return device.accountId
    const known = await row(accounts, { where: { wechatId: shown.wechatId }, transaction: tx })
    await accounts.update({ deviceId: null }, { where: { deviceId: device.id }, transaction: tx })
    if (known) {
      const elsewhere = { accountId: known.id, id: { [Op.ne]: device.id } }
      await devices.update({ accountId: null }, { where: elsewhere, transaction: tx })
      await accounts.update(
        { deviceId: device.id, nickname: shown.nickname },
        { where: { id: known.id }, transaction: tx },
      )
      return known.id
    }
    const policy = hello.device?.emulated && this.#deps.allowEmulated ? 'demo' : 'safe'
    const { wechatId, nickname } = shown
    return await insert(accounts, { wechatId, nickname, deviceId: device.id, policy, status: 'ACTIVE' }, tx)
  }

  async #register(
    tx: Transaction,
    hello: Hello,
    device: DeviceRow,
    now: { epoch: number; accountId: number | null; trusted: boolean },
  ): Promise<void> {
    const { db, clock, events } = this.#deps
    const at = clock.now().getTime()
    const seen = {
      epoch: now.epoch,
      accountId: now.accountId,
      online: true,
      lastSeenAt: at,
      journalId: hello.journalId,
      agentVersion: hello.agentVersion,
      model: hello.device?.model ?? device.model,
      osVersion: hello.device?.osVersion ?? device.osVersion,
      emulated: hello.device?.emulated === true && this.#deps.allowEmulated,
      appVersion: hello.account?.appVersion ?? device.appVersion,
      uiTree: hello.account?.uiTree ?? device.uiTree,
      ...(now.trusted ? {} : { readyEpoch: 0 }),
    }
    await db.models.devices.update(seen, { where: { id: device.id }, transaction: tx })
    const data = { epoch: now.epoch, agentVersion: hello.agentVersion, newJournal: !now.trusted }
    await insert(db.models.deviceEvents, { deviceId: device.id, type: 'CONNECTED', data, at }, tx)
    await events.append(tx, [{ type: 'device.updated', refId: device.id, status: 'ONLINE' }])
  }

  /** What the agent said of the items of commands it holds, where saying it twice would do it twice. */
  async #told(tx: Transaction, held: readonly HeldCommand[], deviceId: number): Promise<ToldItem[]> {
    const { commands, items } = this.#deps.db.models
    if (held.length === 0) return []
    const once = await rows(commands, {
      where: { id: held.map(({ commandId }) => commandId), deviceId, effectClass: 'ONCE' },
      attributes: ['id'],
      transaction: tx,
    })
    const begun = await rows(items, {
      where: {
        commandId: once.map(({ id }) => id),
        // The plane itself says UNKNOWN_EFFECT too.
        [Op.or]: [
          { status: ['SUCCEEDED', 'FAILED'] },
          { startedAt: { [Op.ne]: null }, [Op.or]: [{ status: { [Op.ne]: 'UNKNOWN_EFFECT' } }, { provisional: true }] },
        ],
      },
      transaction: tx,
    })
    return begun.map(({ id, commandId, status }) => ({
      commandId: commandId ?? '',
      itemId: String(id),
      ended: status === 'SUCCEEDED' || status === 'FAILED',
    }))
  }

  /** @param reason what to say of commands its journal would have known about */
  async #resume(
    tx: Transaction,
    held: readonly HeldCommand[],
    deviceId: number,
    agent: Returning,
    reason: string,
  ): Promise<ResumePlan> {
    const { db, clock, writer, progress } = this.#deps
    const light = { attributes: { exclude: ['payload'] }, transaction: tx }
    const open = await rows(db.models.commands, {
      where: { deviceId, status: ['DISPATCHED', 'RECEIVED', 'ACCEPTED', 'RUNNING'] },
      ...light,
    })
    const provisional = await rows(db.models.commands, { where: { deviceId, provisional: true }, ...light })
    const named = await rows(db.models.commands, {
      where: { id: held.map((command) => command.commandId), deviceId },
      ...light,
    })
    const all = new Map([...open, ...provisional, ...named].map((command) => [command.id, command]))
    await this.#stopKilled(tx, all)
    const plan = planResume(held, [...all.values()], agent)
    const now = clock.now().getTime()
    const touched = new Set<number>()
    for (const { commandId, level } of plan.held) {
      const command = all.get(commandId)
      if (command) await this.#reopen(tx, command, level, now)
      if (command?.provisional) touched.add(command.taskId)
    }
    for (const one of plan.disowned) {
      const command = all.get(one.commandId)
      const begun = held.find(({ commandId }) => commandId === one.commandId)?.items
      if (command && begun) touched.add(await this.#disown(tx, command, one, begun))
    }
    for (const { commandId, verdict } of plan.rows) {
      const command = all.get(commandId)
      if (!command) continue
      touched.add(command.taskId)
      if (verdict === 'REDELIVER') await writer.requeue(tx, command)
      else if (verdict === 'CONFIRM') await writer.confirm(tx, command)
      else
        await writer.close(tx, command, {
          status: 'UNKNOWN_EFFECT',
          code: 'UNKNOWN_EFFECT',
          reason,
          provisional: false,
        })
    }
    await progress.itemsChanged(tx, [...touched])
    return plan
  }

  /** What nobody can know of ends here; of the rest the phone says how it ended. Answers the task. */
  async #disown(
    tx: Transaction,
    command: CommandRow,
    { unsure, code, reason }: Disowned,
    begun: ReadonlyMap<string, boolean>,
  ): Promise<number> {
    const { db, clock, writer } = this.#deps
    const closing = { status: 'UNKNOWN_EFFECT', code: 'UNKNOWN_EFFECT', reason, provisional: false } as const
    await writer.closeItems(tx, command, closing, (item) => {
      const known = begun.get(String(item.id))
      if (unsure === 'NONE' || known === true) return false
      return unsure === 'OPEN' || known === false || item.startedAt !== null
    })
    const stop = { cancelRequestedAt: clock.now().getTime(), cancelCode: code, cancelReason: reason }
    await db.models.commands.update(stop, { where: { id: command.id, cancelRequestedAt: null }, transaction: tx })
    return command.taskId
  }

  /** Under a kill switch nothing goes on, whatever became of the stop it asked for. */
  async #stopKilled(tx: Transaction, all: Map<string, CommandRow>): Promise<void> {
    const switchOver = await activeSwitches(this.#deps.db, tx)
    for (const command of all.values()) {
      const stopped = isSettled(command) || (command.cancelCode !== null && command.cancelCode !== 'PAUSED')
      const active = stopped ? undefined : switchOver(command)
      if (active) all.set(command.id, await this.#deps.writer.askToStop(tx, command, stopBy(active)))
    }
  }

  async #itemCancels(tx: Transaction, commandIds: readonly string[]): Promise<Cancel[]> {
    const found = await rows(this.#deps.db.models.items, {
      where: { commandId: [...commandIds], cancelCode: { [Op.ne]: null } },
      transaction: tx,
    })
    const alike = Map.groupBy(found.filter(itemTakesOutcome), (item) => `${item.commandId} ${item.cancelCode}`)
    return [...alike.values()].map((items) => ({
      commandId: items[0]?.commandId ?? '',
      itemIds: items.map((item) => String(item.id)),
      code: items[0]?.cancelCode ?? '',
      reason: items[0]?.cancelReason ?? '',
    }))
  }

  async #reopen(tx: Transaction, command: CommandRow, level: AgentLevel, now: number): Promise<void> {
    const reached = level === 'STARTED' ? 'RUNNING' : level === 'FINISHED' ? 'RECEIVED' : level
    const next = reachedLevel(command, reached, now)
    await this.#deps.writer.save(tx, [{ before: command, after: next }])
    if (command.provisional && !next.provisional) await this.#deps.writer.reopenItems(tx, command)
  }
}

const LEVELS: Readonly<Partial<Record<CommandLevel, AgentLevel>>> = {
  [CommandLevel.RECEIVED]: 'RECEIVED',
  [CommandLevel.ACCEPTED]: 'ACCEPTED',
  [CommandLevel.STARTED]: 'STARTED',
  [CommandLevel.FINISHED]: 'FINISHED',
}

const heldCommand = ({ commandId, level, items }: InFlight): HeldCommand => ({
  commandId,
  level: LEVELS[level] ?? 'RECEIVED',
  items: new Map(items.map(({ itemId, status }) => [itemId, status !== ItemStatus.RUNNING])),
})

const resumeAnswer = ({ commandId, word }: ResumePlan['answers'][number]): Resume => ({
  commandId,
  action: ResumeAction[word],
})
