import { setTimeout as delay } from 'node:timers/promises'
import WebSocket from 'ws'
import { MusterConnectionError } from './errors.ts'

/** One state change, in the order of the database. */
export interface TaskEvent {
  readonly seq: number
  /** `events.trimmed` comes first where `since` is older than what is kept: read the state anew; `id` is the first `seq` that is there. */
  readonly type: 'task.updated' | 'item.updated' | 'device.updated' | 'events.trimmed'
  readonly id: number
  readonly taskId?: number
  readonly status: string
  readonly at: string
}

export interface EventStreamOptions {
  /** Replay everything after this sequence number first. Default: only what happens from now on. */
  readonly since?: number
  readonly signal?: AbortSignal
  /** How often in a row a broken connection is opened again before giving up. @default 10 */
  readonly reconnects?: number
}

const FIRST_WAIT_MS = 200
const LONGEST_WAIT_MS = 5000

/**
 * State changes as they happen. A broken connection is opened again from the last sequence number, so that none is
 * missed and none comes twice. Ends when `signal` aborts; throws MusterConnectionError when the server stays away.
 * @param address answers the WebSocket address with a fresh token
 */
export async function* eventStream(
  address: () => Promise<string>,
  options: EventStreamOptions,
): AsyncGenerator<TaskEvent, void> {
  const { signal, reconnects = 10 } = options
  let last = options.since
  let failures = 0
  while (!signal?.aborted) {
    try {
      const url = await address()
      for await (const event of connection(last === undefined ? url : `${url}&since=${last}`, signal)) {
        failures = 0
        if (last !== undefined && event.seq <= last) continue
        last = event.seq
        yield event
      }
    } catch (error) {
      if (signal?.aborted) return
      if (++failures > reconnects)
        throw new MusterConnectionError('task events: the server stays away', { cause: error })
    }
    const waitMs = Math.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures)
    await delay(waitMs, undefined, signal ? { signal } : {}).catch(() => undefined)
  }
}

/** Messages of one connection; ends when it closes, throws when it breaks. */
async function* connection(url: string, signal: AbortSignal | undefined): AsyncGenerator<TaskEvent, void> {
  const socket = new WebSocket(url)
  const queue: TaskEvent[] = []
  let wake = Promise.withResolvers<void>()
  let ended: { error?: Error } | undefined
  const end = (error?: Error): void => {
    ended ??= error ? { error } : {}
    wake.resolve()
  }
  socket.on('message', (data) => {
    queue.push(JSON.parse((data as Buffer).toString('utf8')) as TaskEvent)
    wake.resolve()
  })
  socket.on('error', end)
  socket.on('close', () => end())
  const abort = (): void => socket.terminate()
  signal?.addEventListener('abort', abort, { once: true })
  try {
    for (;;) {
      for (let event = queue.shift(); event; event = queue.shift()) yield event
      if (ended?.error) throw ended.error
      if (ended) return
      await wake.promise
      wake = Promise.withResolvers<void>()
    }
  } finally {
    signal?.removeEventListener('abort', abort)
    socket.terminate()
  }
}
