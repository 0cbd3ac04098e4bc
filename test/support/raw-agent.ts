import type { ClientDuplexStream, StatusObject } from '@grpc/grpc-js'
import {
  CommandLevel,
  CommandStatus,
  Hello,
  ItemStatus,
  type AgentFrame,
  type AgentServiceClient,
  type Command,
  type CommandResult,
  type ConnectRequest,
  type ConnectResponse,
  type GatewayFrame,
  type Welcome,
} from '@muster/proto'
import { clientFor, enrol, type Identity } from '@muster/sdk/agent'
import { within } from './within.ts'

type Down = NonNullable<GatewayFrame['frame']>
type DownOf<K extends Down['$case']> = Extract<Down, { $case: K }>['value']
type Up = NonNullable<AgentFrame['frame']>

/** A device whose agent a test plays frame by frame. */
export class RawAgent {
  readonly identity: Identity
  readonly name: string
  readonly #address: string

  constructor(identity: Identity, address: string, name: string) {
    this.identity = identity
    this.name = name
    this.#address = address
  }

  static async enrol(options: { directory: string; code: string; address: string; name: string }): Promise<RawAgent> {
    const { address, name } = options
    const device = { name, type: 'ANDROID', model: 'raw', osVersion: '14', emulated: true }
    return new RawAgent(await enrol({ ...options, device }), address, name)
  }

  get deviceId(): number {
    return this.identity.deviceId
  }

  get client(): AgentServiceClient {
    return clientFor(this.#address, this.identity)
  }

  /** Opens a stream without a word. */
  open(): RawSession {
    return new RawSession(this.client)
  }

  /** Says Hello. @param hello fields that differ from those of a healthy agent with an empty journal */
  hello(hello: Partial<Hello> = {}): Hello {
    return Hello.fromPartial({
      deviceId: this.deviceId,
      journalId: `journal-${this.name}`,
      lastEpoch: 0,
      bootId: `boot-${this.name}`,
      agentVersion: '0.0.0',
      protocolMin: 1,
      protocolMax: 1,
      credits: 4,
      device: { name: this.name, type: 'ANDROID', model: 'raw', osVersion: '14', emulated: true },
      account: { wechatId: `wxid_${this.name}`, nickname: this.name, appVersion: '8.0.42', uiTree: 'full' },
      ...hello,
    })
  }

  /** A session that is welcome and ready for commands. */
  async connect(hello: Partial<Hello> = {}): Promise<RawSession> {
    const session = this.open()
    session.say({ $case: 'hello', value: this.hello(hello) })
    session.welcome = await session.next('welcome')
    session.epoch = session.welcome.sessionEpoch
    session.say({ $case: 'ready', value: {} })
    return session
  }
}

/** One stream: what came down is kept until the test asks for it. */
export class RawSession {
  epoch = 0
  welcome: Welcome | undefined
  readonly ended: Promise<StatusObject>
  readonly seen: Down[] = []
  readonly #client: AgentServiceClient
  readonly #stream: ClientDuplexStream<ConnectRequest, ConnectResponse>
  readonly #waiting: Down[] = []
  #wake: () => void = () => undefined

  constructor(client: AgentServiceClient) {
    this.#client = client
    this.#stream = client.connect()
    this.#stream.on('data', (message: ConnectResponse) => {
      const frames = message.frames.flatMap(({ frame }) => frame ?? [])
      this.seen.push(...frames)
      this.#waiting.push(...frames)
      this.#wake()
    })
    this.#stream.on('error', () => undefined)
    this.ended = new Promise((resolve) => this.#stream.once('status', resolve))
  }

  /** @param epoch another one than the session's own */
  say(frame: Up, epoch = this.epoch): void {
    this.#stream.write({ sessionEpoch: epoch, frames: [{ frame }] })
  }

  /** The next frame of a kind that was not asked for yet. */
  async next<K extends Down['$case']>(kind: K, limitMs = 60_000): Promise<DownOf<K>> {
    const found = new Promise<Down>((resolve) => {
      this.#wake = () => {
        const at = this.#waiting.findIndex((frame) => frame.$case === kind)
        const [frame] = at < 0 ? [] : this.#waiting.splice(at, 1)
        if (frame) resolve(frame)
      }
      this.#wake()
    })
    try {
      const seen = () => `${kind}; seen ${JSON.stringify(this.seen.map((one) => one.$case))}`
      return (await within(found, limitMs, seen)).value as DownOf<K>
    } finally {
      this.#wake = () => undefined
    }
  }

  /** Resolves when everything said so far was heard: the answer to a heartbeat comes after it. */
  async heard(): Promise<void> {
    this.say({ $case: 'heartbeat', value: { seq: 1, stateHash: '' } })
    await this.next('heartbeatAck')
  }

  /** Lets time pass while the agent is heard every second, as the plane takes a silent one for dead. */
  async live(clock: { advance(ms: number): void }, seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      clock.advance(1000)
      await this.heard()
    }
  }

  /** How many commands came down. */
  get commands(): Command[] {
    return this.seen.flatMap((frame) => (frame.$case === 'command' ? frame.value : []))
  }

  /** Breaks the connection without a goodbye. */
  async cut(): Promise<void> {
    this.#stream.cancel()
    this.#client.close()
    await within(this.ended, 60_000, () => 'the stream to close')
  }
}

/** Item ids of a command. */
export function itemIdsIn(command: Command): string[] {
  const { payload } = command
  if (payload?.$case === 'sendMessages') return payload.value.items.map(({ itemId }) => itemId)
  return payload && 'itemId' in payload.value ? [payload.value.itemId] : []
}

/** The result of a command in which everything went well. */
export function succeeded(command: Command, more: Partial<CommandResult> = {}): Up {
  const items = itemIdsIn(command).map((itemId) => ({
    itemId,
    status: ItemStatus.SUCCEEDED,
    code: '',
    reason: '',
    evidenceId: '',
    atUnixMs: 0,
  }))
  const { commandId } = command
  const status = CommandStatus.SUCCEEDED
  return {
    $case: 'result',
    value: { commandId, status, code: '', reason: '', items, evidenceId: '', shortForm: false, ...more },
  }
}

/** The result of a command of which nothing could be done, for sure. */
export function failed(command: Command): Up {
  const why = { code: 'APP_NOT_READY', reason: 'the app does not start' }
  const items = itemIdsIn(command).map((itemId) => {
    return { itemId, status: ItemStatus.FAILED, ...why, evidenceId: '', atUnixMs: 0 }
  })
  return succeeded(command, { status: CommandStatus.FAILED, ...why, items })
}

/** What an agent's Hello says about a command it holds. */
export const inFlight = (command: Command, level: CommandLevel = CommandLevel.RECEIVED): Partial<Hello> => ({
  inFlight: [{ commandId: command.commandId, level, items: [] }],
})
