import { createHash, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { pino } from 'pino'
import { PNG } from 'pngjs'
import {
  connectInProcess,
  DeviceHealth,
  guarded,
  handlersFor,
  LastingDriver,
  type Dispatch,
  type OpenDriver,
} from '@muster/agent'
import { startEmulator, type Emulator, type FaultOrder } from '@muster/emulator'
import {
  Budget,
  Command,
  itemStatusFromWire,
  type CommandPayload,
  type CommandResult,
  type MaterialRef,
  type Receiver,
  type SyncPage,
} from '@muster/proto'
import { Journal, noFaults, type AgentClock, type CommandHandlers } from '@muster/sdk/agent'
import { Dispatcher } from '../../sdk/src/agent/dispatcher.ts'
import { refusalOf } from '../../sdk/src/agent/intake.ts'
import type { FrameBody } from '../../sdk/src/agent/session.ts'

/** The app versions the emulator knows, by the phone that has them. */
export const PHONES = ['phone-1', 'phone-2'] as const

const log = pino({ level: 'silent' })
const PLENTY = Budget.fromPartial({ posts: 999, messages: 999, likes: 999, comments: 999, timeZone: 'UTC' })

/** How long a command may run: longer than any test lets pass. */
const LIMIT_MS = 24 * 3_600_000

/** Time in which waiting costs nothing: a timer is due at the next turn of the event loop, unless it is that limit. */
export class LeapingClock implements AgentClock {
  #leapt = 0

  now(): number {
    return Date.now() + this.#leapt
  }

  monotonicMs(): number {
    return performance.now() + this.#leapt
  }

  setTimeout(work: () => void, ms: number): { cancel(): void } {
    if (ms >= LIMIT_MS) return { cancel: () => undefined }
    const timer = setImmediate(() => {
      this.#leapt += ms
      work()
    })
    return { cancel: () => clearImmediate(timer) }
  }

  leap(ms: number): void {
    this.#leapt += ms
  }
}

export interface RigOptions {
  /** What stands between the driver and the emulator. */
  readonly dispatch?: (emulator: Emulator) => Dispatch
  /** Opens the driver's sessions in another way. */
  readonly open?: (emulator: Emulator) => OpenDriver
  /** Whether the account is read and told before the rig is handed over. @default true */
  readonly read?: boolean
}

/** How a command ended: each item's status and code, and what was found. */
export interface Ended {
  readonly items: readonly (readonly [status: string, code: string])[]
  readonly reasons: string
  readonly pages: readonly SyncPage[]
}

/** The handlers of an agent on one emulated phone, in this process: no plane, no network, no waiting. */
export class PhoneRig {
  readonly emulator: Emulator
  readonly phone: string
  /** The account on the phone. */
  readonly owner: string
  readonly clock = new LeapingClock()
  readonly journal = Journal.inMemory(this.clock)
  readonly driver: LastingDriver
  readonly health: DeviceHealth
  /** Resolves once the health says that the plane has to hear of another account. */
  readonly changed: Promise<void>
  readonly #dir: string
  readonly #handlers: CommandHandlers
  readonly #dispatcher: Dispatcher
  #pages: SyncPage[] = []
  #result = Promise.withResolvers<CommandResult>()

  private constructor(emulator: Emulator, phone: string, driver: LastingDriver, dir: string, signal: AbortSignal) {
    this.emulator = emulator
    this.phone = phone
    this.owner = emulator.phones().find(({ id }) => id === phone)?.wechatId ?? ''
    this.driver = driver
    this.#dir = dir
    const changed = Promise.withResolvers<void>()
    this.changed = changed.promise
    this.health = new DeviceHealth({ driver, clock: this.clock, log, signal, onChange: () => changed.resolve() })
    this.#handlers = guarded(handlersFor({ driver, account: () => this.health.account }), this.health)
    this.#dispatcher = new Dispatcher({
      handlers: this.#handlers,
      journal: this.journal,
      clock: this.clock,
      log,
      faults: noFaults,
      queueSize: 8,
      connected: () => true,
      heardAt: () => this.clock.monotonicMs(),
      epoch: () => 1,
      client: () => undefined,
      send: (frame) => this.#hear(frame),
      fetchMaterial: async ({ sha256 }) => join(dir, sha256),
    })
    this.#dispatcher.setBudget(PLENTY)
  }

  static async start(t: ExecutionContext, phone: string, options: RigOptions = {}): Promise<PhoneRig> {
    const emulator = await startEmulator({ phones: 4, port: 0 })
    const dir = mkdtempSync(join(tmpdir(), 'muster-test-'))
    const stopping = new AbortController()
    t.teardown(async () => {
      stopping.abort()
      await emulator.close()
      rmSync(dir, { recursive: true, force: true })
    })
    const plain: Dispatch = async (method, path, body) => await emulator.dispatch(method, path, body)
    const dispatch = options.dispatch?.(emulator) ?? plain
    const open = options.open?.(emulator) ?? (async () => await connectInProcess(dispatch, phone))
    const { signal } = stopping
    const driver = await LastingDriver.open(open, { clock: new LeapingClock(), log, signal, random: () => 1 })
    const rig = new PhoneRig(emulator, phone, driver, dir, signal)
    if (options.read ?? true) {
      await rig.health.start()
      await rig.health.describe()
    }
    return rig
  }

  fault(kind: FaultOrder['kind'], more: Partial<FaultOrder> = {}): void {
    this.emulator.addFault(this.phone, { kind, ...more })
  }

  /** The faults that have yet to happen. */
  async faultsLeft(): Promise<number> {
    const { faults } = (await this.emulator.dispatch('POST', `/phones/${this.phone}/faults`, {
      kind: 'STREAM_CUT',
    })) as { faults: unknown[] }
    return faults.length
  }

  async group(name: string, members: readonly string[]): Promise<string> {
    const path = `/world/accounts/${this.owner}/groups`
    return ((await this.emulator.dispatch('POST', path, { name, members })) as { id: string }).id
  }

  /** A picture of the plane's store. */
  picture(shade: number): MaterialRef {
    const png = new PNG({ width: 4, height: 4 })
    png.data.fill(shade)
    const bytes = PNG.sync.write(png)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    writeFileSync(join(this.#dir, sha256), bytes)
    return { materialId: shade, sha256, mimeType: 'image/png', size: bytes.length }
  }

  /** What the agent says to a command that comes. @param accountWechatId whom it is for; default: who was signed in first */
  async check(payload: CommandPayload, accountWechatId = this.owner): Promise<string> {
    const arrival = { held: 0, waitedMs: () => 0 }
    const intake = { handlers: this.#handlers, queueSize: 8, log }
    const frame = await refusalOf(this.#command(payload, accountWechatId), arrival, intake)
    if (frame?.$case === 'notNow') return `not-now ${frame.value.code}`
    return frame?.$case === 'rejected' ? `rejected ${frame.value.code}` : 'taken'
  }

  /** Runs a command that was taken in before, to its end. */
  async run(payload: CommandPayload, accountWechatId = this.owner): Promise<Ended> {
    const command = this.#command(payload, accountWechatId)
    const { commandId } = command
    await this.journal.received([command])
    this.#pages = []
    this.#result = Promise.withResolvers()
    this.#dispatcher.resume([])
    const { items } = await this.#result.promise
    this.#dispatcher.acked([commandId], '')
    return {
      items: items.map(({ status, code }) => [String(itemStatusFromWire(status)), code] as const),
      reasons: items.map(({ reason }) => reason).join('; '),
      pages: this.#pages,
    }
  }

  #command(payload: CommandPayload, accountWechatId: string): Command {
    const made = Command.fromPartial({ commandId: randomUUID(), leaseMs: 60_000, maxRunMs: LIMIT_MS, accountWechatId })
    return { ...made, payload }
  }

  #hear(frame: FrameBody): void {
    if (frame.$case === 'result') this.#result.resolve(frame.value)
    if (frame.$case === 'progress' && frame.value.page) this.#pages.push(frame.value.page)
  }

  /** What was written, as `to: text`, in order. */
  get sent(): string[] {
    return this.emulator
      .world()
      .messages.filter(({ from }) => from === this.owner)
      .map(({ to, group, text, image }) => `${to ?? group}: ${text ?? image}`)
  }
}

export const somebody = (known: Partial<Receiver>): Receiver => ({
  wechatId: '',
  nickname: '',
  remark: '',
  isGroup: false,
  memberCount: 0,
  ...known,
})

/** A message to each of some receivers. */
export const messageTo = (text: string, ...receivers: readonly Partial<Receiver>[]): CommandPayload => ({
  $case: 'sendMessages',
  value: {
    items: receivers.map((known, index) => ({
      itemId: `item ${index}`,
      receiver: somebody(known),
      parts: [{ part: { $case: 'text', value: text } }],
    })),
    pace: undefined,
  },
})

export const momentFor = (
  text: string,
  visibility: 'ALL' | 'INCLUDE' | 'EXCLUDE',
  audience: readonly Partial<Receiver>[] = [],
  images: MaterialRef[] = [],
): CommandPayload => ({
  $case: 'publishMoment',
  value: { itemId: 'item 0', text, images, visibility: `VISIBILITY_${visibility}`, audience: audience.map(somebody) },
})

export const SYNC_CONTACTS: CommandPayload = { $case: 'syncContacts', value: { itemId: 'item 0' } }
export const SYNC_GROUPS: CommandPayload = { $case: 'syncGroups', value: { itemId: 'item 0', withMembers: true } }
