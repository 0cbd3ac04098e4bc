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
import type { Tables } from '../../infra/database/tables/index.ts'
import { insert, row } from '../../infra/database/table.ts'
import type { DeviceRow } from '../../infra/database/tables/devices.ts'
import { MusterError } from '../../infra/errors.ts'
import type { FaultPoints } from '../../infra/fault-points.ts'
import type { EventLog } from '../../ports.ts'
import type { PhoneAccounts } from '../accounts/phone-accounts.ts'
import type { ResumeLedger } from '../commands/resume.ts'
import { commandsDigest, saveCommands } from './custom-commands.ts'
import { sameJournal, type AgentLevel, type HeldCommand, type ResumePlan } from '../commands/resume-rules.ts'

export interface HandshakeDeps {
  readonly db: Database
  readonly tables: Pick<Tables, 'devices' | 'deviceEvents' | 'deviceCommands'>
  readonly clock: Clock
  readonly faults: FaultPoints
  readonly events: EventLog
  readonly accounts: Pick<PhoneAccounts, 'show'>
  readonly resume: ResumeLedger
  readonly allowEmulated: boolean
}

export interface AcceptedHello {
  readonly device: DeviceRow
  /** The account the phone shows. */
  readonly accountId: number | null
  readonly epoch: number
  readonly resume: Resume[]
  /** Items of the commands it holds that must not be done any more. */
  readonly cancels: Cancel[]
  /** Commands the agent holds and will send a result for. */
  readonly outstanding: readonly string[]
}

/** Accepts an agent: raises the epoch, learns the account, settles the open commands. */
export class Handshake {
  readonly #deps: HandshakeDeps

  constructor(deps: HandshakeDeps) {
    this.#deps = deps
  }

  /** Throws UNAUTHENTICATED for a certificate that may not speak for the device, FORBIDDEN for a disabled one. */
  async accept(hello: Hello, serial: string): Promise<AcceptedHello> {
    const { db, faults, resume } = this.#deps
    faults.hit('hello.accept.before')
    const accepted = await db.write(async (tx) => {
      const device = await this.#device(tx, hello.deviceId, serial)
      const accountId = await this.#account(tx, hello, device)
      const held = hello.inFlight.map(heldCommand)
      const trusted = sameJournal(hello, device) && (await resume.isComplete(tx, device.id, held))
      const epoch = Math.max(device.epoch, hello.lastEpoch) + 1
      await this.#register(tx, hello, device, { epoch, accountId, trusted })
      const shown = hello.account?.wechatId ? accountId : null
      const { answers, cancels, outstanding } = await resume.settle(tx, device.id, held, { trusted, accountId: shown })
      return { device, accountId: shown, epoch, resume: answers.map(resumeAnswer), cancels: [...cancels], outstanding }
    })
    faults.hit('hello.accept.after')
    return accepted
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
    const { tables, accounts, allowEmulated } = this.#deps
    if (!hello.account?.wechatId) return device.accountId
    const policy = hello.device?.emulated && allowEmulated ? 'demo' : 'safe'
    const accountId = await accounts.show(tx, device.id, { ...hello.account, policy })
    const elsewhere = { accountId, id: { [Op.ne]: device.id } }
    await tables.devices.update({ accountId: null }, { where: elsewhere, transaction: tx })
    return accountId
  }

  async #register(
    tx: Transaction,
    hello: Hello,
    device: DeviceRow,
    after: { epoch: number; accountId: number | null; trusted: boolean },
  ): Promise<void> {
    const { tables, clock, events } = this.#deps
    const at = clock.now().getTime()
    const seen = {
      epoch: after.epoch,
      accountId: after.accountId,
      online: true,
      lastSeenAt: at,
      journalId: hello.journalId,
      agentVersion: hello.agentVersion,
      model: hello.device?.model ?? device.model,
      osVersion: hello.device?.osVersion ?? device.osVersion,
      emulated: hello.device?.emulated === true && this.#deps.allowEmulated,
      appVersion: hello.account?.appVersion ?? device.appVersion,
      uiTree: hello.account?.uiTree ?? device.uiTree,
      ...(after.trusted ? {} : { readyEpoch: 0 }),
      commandsDigest: commandsDigest(hello.custom),
    }
    if (seen.commandsDigest !== device.commandsDigest) await saveCommands(tables, tx, device.id, hello.custom)
    await tables.devices.update(seen, { where: { id: device.id }, transaction: tx })
    const data = { epoch: after.epoch, agentVersion: hello.agentVersion, newJournal: !after.trusted }
    await insert(tables.deviceEvents, { deviceId: device.id, type: 'CONNECTED', data, at }, tx)
    await events.append(tx, [{ type: 'device.updated', refId: device.id, status: 'ONLINE' }])
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
