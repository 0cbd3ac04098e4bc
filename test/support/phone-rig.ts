import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { pino } from 'pino'
import {
  connectInProcess,
  DeviceHealth,
  guarded,
  handlersFor,
  ReconnectingDriver,
  type Dispatch,
  type OpenDriver,
} from '@muster/agent'
import { startEmulator, type Emulator } from '@muster/emulator'
import {
  Budget,
  Command,
  EffectClass,
  itemStatusFromWire,
  type AgentServiceClient,
  type CommandPayload,
  type CommandResult,
  type MaterialRef,
  type SyncPage,
} from '@muster/proto'
import { AgentStopping, Journal, type CommandHandler, type CommandHandlers } from '@muster/sdk/agent'
import { Dispatcher } from '../../sdk/src/agent/dispatcher.ts'
import { refusalOf } from '../../sdk/src/agent/intake.ts'
import type { FrameBody } from '../../sdk/src/agent/session.ts'
import { LeapingClock } from './fake-clock.ts'
import { pngOf, sha256 } from './pictures.ts'

/** The app versions the emulator knows, by the phone that has them. */
export const PHONES = ['phone-1', 'phone-2'] as const

const log = pino({ level: 'silent' })
const PLENTY = Budget.fromPartial({ posts: 1000, messages: 1000, likes: 1000, comments: 1000, timeZone: 'UTC' })
const QUEUE_SIZE = 256

export interface RigOptions {
  /** @default 4 */
  readonly phones?: number
  /** Of the emulator. @default any */
  readonly port?: number
  /** What stands between the driver and the emulator. */
  readonly dispatch?: (emulator: Emulator) => Dispatch
  /** Opens the driver's sessions in another way. */
  readonly open?: (emulator: Emulator) => OpenDriver
  /** Whether the account is read and told before the rig is handed over. @default true */
  readonly read?: boolean
  /**
   * Whether the account is read before each command, as an agent does. Without that a command begins with the first
   * look of its handler, from which a test may want to count.
   * @default true
   */
  readonly guarded?: boolean
}

/** Asked at every fault point, as `item.intent.after:1` the first time; true kills the agent there. */
type Dies = (point: string) => boolean

/** How a command ended: what the plane is told, each item's status and code, and what was found. */
export interface Ended {
  readonly result: CommandResult
  readonly items: readonly (readonly [status: string, code: string])[]
  readonly reasons: string
  readonly pages: readonly SyncPage[]
}

/** What agents on phones of one world share. */
interface World {
  readonly emulator: Emulator
  readonly clock: LeapingClock
  /** Materials by their hash. */
  readonly dir: string
  /** Aborted at the end of the test. */
  readonly signal: AbortSignal
  readonly options: RigOptions
}

/**
 * An agent on an emulated phone, in this process: its handlers, dispatcher and journal; no plane, no network, no
 * waiting.
 */
export class PhoneRig {
  readonly emulator: Emulator
  readonly clock: LeapingClock
  readonly phone: string
  /** WeChat id of the account on the phone. */
  readonly owner: string
  readonly health: DeviceHealth
  /** Resolves once the health says that the plane has to hear of another account. */
  readonly changed: Promise<void>
  readonly #world: World
  readonly #journal: Journal
  readonly #handlers: CommandHandlers
  /** Commands that died before they ended. */
  readonly #unended = new Map<CommandPayload, Command>()
  /** Of the life that goes on. */
  #dispatcher: Dispatcher | undefined

  private constructor(world: World, phone: string, driver: ReconnectingDriver) {
    const { emulator, clock, signal, options } = world
    this.emulator = emulator
    this.clock = clock
    this.phone = phone
    this.owner = emulator.phones().find(({ id }) => id === phone)?.wechatId ?? ''
    this.#world = world
    this.#journal = Journal.inMemory(clock)
    const changed = Promise.withResolvers<void>()
    this.changed = changed.promise
    this.health = new DeviceHealth({ driver, clock, log, signal, onChange: () => changed.resolve() })
    const handlers = handlersFor({ driver, account: () => this.health.account })
    this.#handlers = (options.guarded ?? true) ? guarded(handlers, this.health) : handlers
  }

  static async start(t: ExecutionContext, phone: string, options: RigOptions = {}): Promise<PhoneRig> {
    const dir = mkdtempSync(join(tmpdir(), 'muster-test-'))
    const clock = new LeapingClock()
    const emulator = await startEmulator({
      phones: options.phones ?? 4,
      port: options.port ?? 0,
      now: () => clock.now(),
    })
    const stopping = new AbortController()
    t.teardown(async () => {
      stopping.abort()
      await emulator.close()
      rmSync(dir, { recursive: true, force: true })
    })
    return await PhoneRig.#on({ emulator, clock, dir, signal: stopping.signal, options }, phone)
  }

  /** Another agent, on another phone of the same world. */
  async beside(phone: string): Promise<PhoneRig> {
    return await PhoneRig.#on(this.#world, phone)
  }

  static async #on(world: World, phone: string): Promise<PhoneRig> {
    const { emulator, clock, signal, options } = world
    const dispatch =
      options.dispatch?.(emulator) ?? (async (method, path, body) => await emulator.dispatch(method, path, body))
    const open = options.open?.(emulator) ?? (async () => await connectInProcess(dispatch, phone))
    const driver = await ReconnectingDriver.open(open, { clock, log, signal, random: () => 1 })
    const rig = new PhoneRig(world, phone, driver)
    if (options.read ?? true) {
      await rig.health.start()
      await rig.health.describe()
    }
    return rig
  }

  fault(fault: Parameters<Emulator['addFault']>[1]): void {
    this.emulator.addFault(this.phone, fault)
  }

  /** Adds to the owner's world. */
  async world(what: 'groups' | 'messages' | 'moments', body: object): Promise<unknown> {
    return await this.emulator.dispatch('POST', `/world/accounts/${this.owner}/${what}`, body)
  }

  async group(name: string, members: readonly string[]): Promise<string> {
    return ((await this.world('groups', { name, members })) as { id: string }).id
  }

  /** A picture the plane has; another grey is another one. */
  picture(grey: number): MaterialRef {
    const bytes = pngOf(4, grey)
    const hash = sha256(bytes)
    writeFileSync(join(this.#world.dir, hash), bytes)
    return { materialId: grey, sha256: hash, mimeType: 'image/png', size: bytes.length }
  }

  /** What the agent says to a command that comes. @param accountWechatId whom it is for; default: who was signed in first */
  async check(payload: CommandPayload, accountWechatId = this.owner): Promise<string> {
    const intake = { handlers: this.#handlers, queueSize: QUEUE_SIZE, log }
    const frame = await refusalOf(newCommand(payload, accountWechatId), { held: 0, waitedMs: () => 0 }, intake)
    if (frame?.$case === 'notNow') return `not-now ${frame.value.code}`
    return frame?.$case === 'rejected' ? `rejected ${frame.value.code}` : 'taken'
  }

  /** Runs a command to its end, whether or not it would be taken now. */
  async run(payload: CommandPayload, accountWechatId = this.owner): Promise<Ended> {
    const ended = await this.life(payload, () => false, accountWechatId)
    if (!ended) throw new Error('an agent that nobody killed died')
    return ended
  }

  /**
   * One life: takes the command in, or finds it in the journal, and runs until it ends or the agent dies. The same
   * payload is the same command until that has ended.
   */
  async life(payload: CommandPayload, dies: Dies, accountWechatId = this.owner): Promise<Ended | undefined> {
    const command = this.#unended.get(payload) ?? newCommand(payload, accountWechatId)
    this.#unended.set(payload, command)
    const over = Promise.withResolvers<CommandResult | undefined>()
    const pages: SyncPage[] = []
    const nth = counted()
    const hit = (name: string): void => {
      if (!dies(nth(name))) return
      over.resolve(dispatcher.stop().then(() => undefined))
      throw new AgentStopping()
    }
    const hear = (frame: FrameBody): void => {
      if (frame.$case === 'progress' && frame.value.page) pages.push(frame.value.page)
      if (frame.$case === 'result' && frame.value.commandId === command.commandId) over.resolve(frame.value)
    }
    const dispatcher = this.#newDispatcher(hit, hear)
    this.#dispatcher = dispatcher
    dispatcher.setBudget(PLENTY)
    dispatcher.resume([])
    dispatcher.receive([command])
    const result = await over.promise
    await dispatcher.stop()
    if (!result) return undefined
    dispatcher.acked([command.commandId], '')
    this.#unended.delete(payload)
    return endedWith(result, pages)
  }

  /** Said by the plane to the agent that lives. */
  cancel(payload: CommandPayload): void {
    const id = this.#unended.get(payload)?.commandId
    if (id !== undefined) this.#dispatcher?.cancel(id, [], 'CANCELLED', 'a person said so')
  }

  #newDispatcher(hit: (name: string) => void, send: (frame: FrameBody) => void): Dispatcher {
    return new Dispatcher({
      handlers: unasked(this.#handlers),
      journal: this.#journal,
      clock: this.clock,
      log,
      faults: { hit },
      queueSize: QUEUE_SIZE,
      connected: () => true,
      heardAt: () => this.clock.monotonicMs(),
      epoch: () => 1,
      client: () => evidenceTaker,
      send,
      fetchMaterial: async ({ sha256: hash }, signal) => {
        signal.throwIfAborted()
        return join(this.#world.dir, hash)
      },
    })
  }

  /** What was written, as `to: text`, in order. */
  get sent(): string[] {
    return this.emulator
      .world()
      .messages.filter(({ from }) => from === this.owner)
      .map(({ to, group, text, image }) => `${to ?? group}: ${text ?? image}`)
  }
}

function newCommand(payload: CommandPayload, accountWechatId: string): Command {
  const known = { commandId: randomUUID(), leaseMs: 60_000, effectClass: EffectClass.ONCE, accountWechatId }
  return { ...Command.fromPartial(known), payload }
}

/** Handlers that take each command, as if it had come while nothing stood against it. */
const unasked = (handlers: CommandHandlers): CommandHandlers =>
  Object.fromEntries(
    Object.entries(handlers as Record<string, CommandHandler<unknown>>).map(
      ([kind, handler]): [string, CommandHandler<unknown>] => [
        kind,
        { run: async (payload, context) => await handler.run(payload, context) },
      ],
    ),
  )

/** A plane that takes pictures of screens and nothing else. */
const evidenceTaker = {
  uploadEvidence: (
    _metadata: unknown,
    _options: unknown,
    done: (error: null, answer: { evidenceId: string }) => void,
  ) => ({
    on: () => undefined,
    write: () => true,
    end: () => done(null, { evidenceId: 'a picture of the screen' }),
  }),
} as unknown as AgentServiceClient

function counted(): (point: string) => string {
  const times = new Map<string, number>()
  return (point) => {
    const nth = (times.get(point) ?? 0) + 1
    times.set(point, nth)
    return `${point}:${nth}`
  }
}

const endedWith = (result: CommandResult, pages: readonly SyncPage[]): Ended => ({
  result,
  items: result.items.map(({ status, code }) => [itemStatusFromWire(status) ?? '', code] as const),
  reasons: result.items.map(({ reason }) => reason).join('; '),
  pages,
})

/** Status and code of each item, in one word or two. */
export const wordsOf = (ended: Ended | undefined): string[] =>
  (ended?.items ?? []).map(([status, code]) => (code === '' ? status : `${status} ${code}`))
