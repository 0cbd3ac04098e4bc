import { EventEmitter } from 'node:events'
import {
  CommandLevel,
  commandStatusToWire,
  Hello,
  itemIdsOf,
  itemStatusToWire,
  type AgentFrame,
  type Cancel,
  type Command,
  type ConnectResponse,
  type FinalCommandStatus,
  type FinalItemStatus,
  type GatewayFrame,
} from '@muster/proto'
import type { SessionStream } from '../../control-plane/src/edge/gateway/session.ts'

type Down = NonNullable<GatewayFrame['frame']>
type Up = NonNullable<AgentFrame['frame']>

interface Held {
  readonly command: Command
  readonly done: Map<string, FinalItemStatus>
}

export interface PhoneDeps {
  readonly deviceId: number
  readonly accountId: number
  readonly wechatId: string
  serve(stream: SessionStream, deviceId: number): void
  /** Told of every frame, so that the stage knows when nothing moves any more. */
  moved(): void
}

/** A phone with a journal and without a network: its stream is a plain object of this process. */
export class PlayedPhone {
  readonly deviceId: number
  readonly accountId: number
  /** Every command that reached it, again and again. */
  readonly given: Command[] = []
  readonly told: Cancel[] = []
  /** What it has in its journal and no result for. */
  readonly held = new Map<string, Held>()
  /** Items whose effect the world has seen, once for each time. */
  readonly effects: string[] = []
  /** What is written to it stays on its way; a cut loses it. */
  deaf = false
  /** Nothing it says arrives. */
  mute = false
  /** It takes no more than the message that is on its way. */
  slow = false
  /** The test answers cancels itself. */
  manual = false
  /** Called when it is told of a cancel. */
  onTold: () => void = () => undefined
  /** What the plane would not take of its results. */
  readonly refused: string[] = []
  readonly #deps: PhoneDeps
  #stream: EventEmitter | undefined
  #epoch = 0
  readonly #onItsWay: Down[] = []

  constructor(deps: PhoneDeps) {
    this.#deps = deps
    this.deviceId = deps.deviceId
    this.accountId = deps.accountId
  }

  get connected(): boolean {
    return this.#stream !== undefined
  }

  connect(): void {
    const stream = Object.assign(new EventEmitter(), {
      write: (message: ConnectResponse, sent?: () => void): boolean => {
        queueMicrotask(() => {
          this.#deps.moved()
          if (this.#stream === stream) this.#arrive(message.frames.flatMap(({ frame }) => frame ?? []))
          if (!this.slow) sent?.()
        })
        return true
      },
      end: (): void => queueMicrotask(() => this.#lost(stream)),
      destroy: (): void => queueMicrotask(() => this.#lost(stream)),
    })
    this.#stream = stream
    this.#deps.serve(stream as unknown as SessionStream, this.deviceId)
    const inFlight = [...this.held].map(([commandId, { done }]) => ({
      commandId,
      level: CommandLevel.STARTED,
      items: [...done].map(([itemId, status]) => outcome(itemId, status)),
    }))
    const account = { wechatId: this.#deps.wechatId, nickname: '', appVersion: '8', uiTree: 'full' }
    const who = { deviceId: this.deviceId, journalId: `journal ${this.deviceId}`, bootId: `boot ${this.deviceId}` }
    const value = Hello.fromPartial({
      ...who,
      lastEpoch: this.#epoch,
      protocolMin: 1,
      protocolMax: 1,
      credits: 16,
      device: { emulated: true },
      account,
      inFlight,
    })
    this.say({ $case: 'hello', value }, 0)
  }

  cut(): void {
    if (this.#stream) this.#lost(this.#stream)
  }

  /** Does the next item of what it holds, and says so. */
  doOne(): void {
    for (const { command, done } of this.held.values()) {
      const itemId = itemsOf(command).find((id) => !done.has(id))
      if (!itemId) continue
      done.set(itemId, 'SUCCEEDED')
      this.effects.push(itemId)
      return this.progress(command, itemId, 'SUCCEEDED')
    }
  }

  /** Does all it holds, and says how it ended. */
  doAll(): void {
    for (const { command, done } of this.held.values()) {
      for (const itemId of itemsOf(command)) {
        if (done.has(itemId)) continue
        done.set(itemId, 'SUCCEEDED')
        this.effects.push(itemId)
      }
    }
    this.#endAll('SUCCEEDED')
  }

  /** Gives up on all it holds. */
  fail(): void {
    this.#endAll('FAILED')
  }

  /** @param items how each ended; the others like the command */
  result(command: Command, status: FinalCommandStatus, items: Readonly<Record<string, FinalItemStatus>> = {}): void {
    this.held.delete(command.commandId)
    const outcomes = Object.entries(items).map(([itemId, one]) => outcome(itemId, one))
    this.#result(command.commandId, status, outcomes)
  }

  /** How an item ended, before its command has. */
  progress(command: Command, itemId: string, status: FinalItemStatus): void {
    const { commandId } = command
    this.say({
      $case: 'progress',
      value: { commandId, itemId, step: '', checkpoint: '', outcome: outcome(itemId, status), page: undefined },
    })
  }

  #endAll(rest: FinalItemStatus): void {
    for (const commandId of this.held.keys()) this.#end(commandId, rest)
  }

  /** Its result stays in its journal until it could be said. */
  #end(commandId: string, rest: FinalItemStatus): void {
    const held = this.held.get(commandId)
    if (!this.#stream || this.mute) return
    this.held.delete(commandId)
    const items = held ? itemsOf(held.command).map((id) => [id, held.done.get(id) ?? rest] as const) : []
    for (const [id, status] of items) if (held && !held.done.has(id)) this.progress(held.command, id, status)
    const statuses = new Set(items.map(([, status]) => status))
    const status = statuses.size > 1 ? 'PARTIAL' : ([...statuses][0] ?? rest)
    const outcomes = items.map(([id, one]) => outcome(id, one))
    this.#result(commandId, status === 'SKIPPED' ? 'FAILED' : status, outcomes)
  }

  #result(commandId: string, status: FinalCommandStatus, items: ReturnType<typeof outcome>[]): void {
    const code = items.find((item) => item.code !== '')?.code ?? ''
    const said = { commandId, status: commandStatusToWire(status), code, reason: '', items, evidenceId: '' }
    this.say({ $case: 'result', value: { ...said, shortForm: false } })
  }

  /** What was on its way arrives, in order. */
  listen(): void {
    this.deaf = false
    this.#arrive(this.#onItsWay.splice(0))
  }

  #arrive(frames: readonly Down[]): void {
    if (this.deaf) this.#onItsWay.push(...frames)
    else for (const frame of frames) this.#hear(frame)
  }

  #hear(frame: Down): void {
    if (frame.$case === 'welcome') {
      this.#epoch = frame.value.sessionEpoch
      for (const cancel of frame.value.cancels) this.#cancel(cancel)
      this.say({ $case: 'ready', value: {} })
      for (const { commandId, action } of frame.value.resume)
        if (action === 'RESUME_ACTION_CANCEL') this.#end(commandId, 'CANCELLED')
    }
    if (frame.$case === 'cancel') this.#cancel(frame.value)
    if (frame.$case === 'resultAck' && frame.value.error !== '') this.refused.push(frame.value.error)
    if (frame.$case === 'command') {
      this.given.push(frame.value)
      const { commandId } = frame.value
      if (!this.held.has(commandId)) this.held.set(commandId, { command: frame.value, done: new Map() })
      this.say({ $case: 'received', value: { commandIds: [commandId] } })
    }
  }

  #cancel(cancel: Cancel): void {
    this.told.push(cancel)
    this.onTold()
    if (this.manual) return
    if (cancel.itemIds.length === 0) return this.#end(cancel.commandId, 'CANCELLED')
    const done = this.held.get(cancel.commandId)?.done
    for (const itemId of cancel.itemIds) if (done && !done.has(itemId)) done.set(itemId, 'SKIPPED')
  }

  say(frame: Up, epoch = this.#epoch): void {
    this.#deps.moved()
    if (!this.mute) this.#stream?.emit('data', { sessionEpoch: epoch, frames: [{ frame }] })
  }

  #lost(stream: EventEmitter): void {
    if (this.#stream === stream) {
      this.#stream = undefined
      this.#onItsWay.length = 0
    }
    stream.emit('close')
  }
}

const itemsOf = (command: Command): readonly string[] => (command.payload ? itemIdsOf(command.payload) : [])

const CODES: Partial<Record<FinalItemStatus, string>> = {
  SKIPPED: 'OPTED_OUT',
  CANCELLED: 'CANCELLED',
  FAILED: 'APP_NOT_READY',
}
const outcome = (itemId: string, status: FinalItemStatus) => ({
  itemId,
  status: itemStatusToWire(status),
  code: CODES[status] ?? '',
  reason: '',
  evidenceId: '',
  atUnixMs: 0,
})
