import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { pino } from 'pino'
import { connectInProcess, handlersFor, type UiDriver } from '@muster/agent'
import { startEmulator, type Emulator, type FaultOrder } from '@muster/emulator'
import {
  Budget,
  Command,
  EffectClass,
  itemStatusFromWire,
  ResumeAction,
  type AccountState,
  type AgentServiceClient,
  type CommandPayload,
  type CommandResult,
  type ItemOutcome,
  type MaterialRef,
} from '@muster/proto'
import { AgentStopping, Journal, type AgentClock } from '@muster/sdk/agent'
import { AppScreen } from '../../agent/src/screen/app-screen.ts'
import { readAccount } from '../../agent/src/wechat/account.ts'
import { Dispatcher } from '../../sdk/src/agent/dispatcher.ts'
import { FakeClock } from './fake-clock.ts'
import { pngOf, sha256 } from './pictures.ts'

const NOON = Date.UTC(2026, 2, 2, 12)
const PLENTY = { posts: 1000, messages: 1000, likes: 1000, comments: 1000, timeZone: 'UTC' }

type Fault = Partial<FaultOrder> & Pick<FaultOrder, 'kind'>

export interface LifeOptions {
  /** Asked at every fault point, as `item.intent.after:1` the first time; true kills the agent there. */
  readonly dies?: (point: string) => boolean
  /** Told of each command to the driver; the first is 1. */
  readonly drives?: (count: number) => void
}

/** How an item ended, in words a test can compare. */
export interface Ended {
  readonly status: string
  readonly code: string
  readonly reason: string
  readonly evidence: boolean
}

/** An agent in this process: the real handlers, dispatcher and journal on an emulated phone, and time that flies. */
export class PhoneBench {
  readonly emulator: Emulator
  readonly clock: FakeClock
  readonly phone: string
  /** WeChat id of the phone's account. */
  readonly me: string
  readonly journal: Journal
  budget: Partial<Budget> = {}
  /** Commands the agent gave the driver. */
  driven = 0
  readonly #driver: UiDriver
  readonly #account: AccountState
  readonly #agentClock: AgentClock
  readonly #dir: string
  readonly #commands: Command[] = []
  #dispatcher: Dispatcher | undefined
  #drives: LifeOptions['drives']
  #drivenBefore = 0

  private constructor(
    emulator: Emulator,
    phone: { id: string; account: AccountState; driver: UiDriver },
    world: { clock: FakeClock; dir: string },
  ) {
    this.emulator = emulator
    this.clock = world.clock
    this.phone = phone.id
    this.me = phone.account.wechatId
    this.#account = phone.account
    this.#driver = phone.driver
    this.#dir = world.dir
    this.#agentClock = agentClock(this.clock)
    this.journal = Journal.inMemory(this.#agentClock)
  }

  /** @param number of the phone: odd ones and even ones have different versions of the app */
  static async start(t: ExecutionContext, { number = 1, phones = 2 } = {}): Promise<PhoneBench> {
    const dir = mkdtempSync(join(tmpdir(), 'muster-test-'))
    const clock = new FakeClock(NOON)
    const emulator = await startEmulator({ phones, port: 0, now: () => clock.now().getTime() })
    t.teardown(async () => {
      await emulator.close()
      rmSync(dir, { recursive: true, force: true })
    })
    return await PhoneBench.#on(emulator, number, { clock, dir })
  }

  /** Another agent, on another phone of the same world. */
  async beside(number: number): Promise<PhoneBench> {
    return await PhoneBench.#on(this.emulator, number, { clock: this.clock, dir: this.#dir })
  }

  static async #on(emulator: Emulator, number: number, world: { clock: FakeClock; dir: string }): Promise<PhoneBench> {
    const id = `phone-${number}`
    const driving: { bench?: PhoneBench } = {}
    const driver = await connectInProcess(async (method, path, body) => {
      if (driving.bench) driving.bench.#drive()
      return await emulator.dispatch(method, path, body)
    }, id)
    const screen = new AppScreen(driver, {
      clock: agentClock(world.clock),
      log: pino({ level: 'silent' }),
      signal: new AbortController().signal,
    })
    const account = await world.clock.passUntil(readAccount(screen))
    const bench = new PhoneBench(emulator, { id, account, driver }, world)
    driving.bench = bench
    return bench
  }

  /** A picture the plane has; another grey is another one. */
  picture(grey: number): MaterialRef {
    const bytes = pngOf(4, grey)
    const hash = sha256(bytes)
    writeFileSync(join(this.#dir, hash), bytes)
    return { materialId: grey, sha256: hash, mimeType: 'image/png', size: bytes.length }
  }

  fault(fault: Fault): void {
    this.emulator.addFault(this.phone, fault)
  }

  /** Of the emulator's control port. */
  async world(what: 'contacts' | 'groups' | 'messages' | 'moments', body: object): Promise<void> {
    await this.emulator.dispatch('POST', `/world/accounts/${this.me}/${what}`, body)
  }

  /** One life: takes the command in, or finds it in the journal, and runs until its result or its death. */
  async life(payload: CommandPayload, options: LifeOptions = {}): Promise<CommandResult | undefined> {
    return await this.lifeOf([this.command(payload)], options)
  }

  /** The same payload is the same command. */
  command(payload: CommandPayload): Command {
    const known = this.#commands.find((command) => command.payload === payload)
    if (known) return known
    const made = Command.fromPartial({
      commandId: `command-${this.#commands.length + 1}`,
      leaseMs: 60_000,
      effectClass: EffectClass.ONCE,
    })
    const command = { ...made, payload }
    this.#commands.push(command)
    return command
  }

  /** Answers the result of the last command. */
  async lifeOf(commands: readonly Command[], options: LifeOptions = {}): Promise<CommandResult | undefined> {
    const ended = Promise.withResolvers<CommandResult | undefined>()
    const last = commands.at(-1)?.commandId
    const nth = counted()
    const dispatcher: Dispatcher = new Dispatcher({
      handlers: handlersFor({ driver: this.#driver, account: () => this.#account }),
      journal: this.journal,
      clock: this.#agentClock,
      log: pino({ level: 'silent' }),
      faults: {
        hit: (name) => {
          if (!options.dies?.(nth(name))) return
          ended.resolve(dispatcher.stop().then(() => undefined))
          throw new AgentStopping()
        },
      },
      queueSize: 256,
      connected: () => true,
      heardAt: () => 0,
      epoch: () => 1,
      client: () => evidenceTaker,
      send: (frame) => {
        if (frame.$case === 'result' && frame.value.commandId === last) ended.resolve(frame.value)
      },
      fetchMaterial: async ({ sha256: hash }, signal) => {
        signal.throwIfAborted()
        return join(this.#dir, hash)
      },
    })
    this.#dispatcher = dispatcher
    this.#drives = options.drives
    this.#drivenBefore = this.driven
    dispatcher.setBudget(Budget.fromPartial({ ...PLENTY, ...this.budget }))
    dispatcher.resume(this.journal.open().map(({ commandId }) => ({ commandId, action: ResumeAction.GO_ON })))
    dispatcher.receive(commands)
    const result = await this.clock.passUntil(ended.promise)
    await this.clock.passUntil(dispatcher.stop())
    return result
  }

  #drive(): void {
    this.driven++
    this.#drives?.(this.driven - this.#drivenBefore)
  }

  /** Said by the plane to the agent that lives. */
  cancel(payload: CommandPayload, itemIds: readonly string[] = [], code = 'CANCELLED'): void {
    this.#dispatcher?.cancel(this.command(payload).commandId, itemIds, code, 'a person said so')
  }
}

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

const agentClock = (clock: FakeClock): AgentClock => ({
  now: () => clock.now().getTime(),
  monotonicMs: () => clock.monotonicMs(),
  setTimeout: (work, ms) => clock.setTimeout(work, ms),
})

function counted(): (point: string) => string {
  const times = new Map<string, number>()
  return (point) => {
    const nth = (times.get(point) ?? 0) + 1
    times.set(point, nth)
    return `${point}:${nth}`
  }
}

const endOf = ({ status, code, reason, evidenceId }: ItemOutcome): Ended => ({
  status: itemStatusFromWire(status) ?? '',
  code,
  reason,
  evidence: evidenceId !== '',
})

/** How a command's items ended. */
export const endsOf = (result: CommandResult | undefined): Ended[] => (result?.items ?? []).map(endOf)

/** Status and code of each item. */
export const wordsOf = (result: CommandResult | undefined): string[] =>
  endsOf(result).map(({ status, code }) => (code === '' ? status : `${status} ${code}`))
