import { fork, type ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { within } from './within.ts'

/**
 * How tests start a part of the product. Parts that live for seconds and die by the hundred start sooner with a larger
 * nursery and without compiling WebAssembly ahead of need. Node keeps compiled code apart by these flags.
 */
export const PART_FLAGS = [
  '--conditions=source',
  '--disable-warning=ExperimentalWarning',
  '--min-semi-space-size=32',
  '--wasm-lazy-compilation',
]

const root = resolve(import.meta.dirname, '../..')

/** A real process of the product under a test's control: started, killed and started again. */
export class TestProcess {
  readonly #entry: string
  readonly #log: string
  #child: ChildProcess | undefined
  #exit: Promise<NodeJS.Signals | number> | undefined

  /** @param entry source file from the project's root; @param log file that gets its output */
  constructor(entry: string, log: string) {
    this.#entry = resolve(root, entry)
    this.#log = log
  }

  /** Starts it; resolves when it says that it is ready, or when it ended before. */
  async start(environment: Record<string, string>, limitMs = 60_000): Promise<'ready' | 'ended'> {
    const log = openSync(this.#log, 'a')
    const child = fork(this.#entry, [], {
      execArgv: PART_FLAGS,
      env: { ...process.env, ...environment },
      stdio: ['ignore', log, log, 'ipc'],
    })
    closeSync(log)
    this.#child = child
    this.#exit = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code ?? 0)))
    const ready = new Promise<'ready'>((resolve) =>
      child.on('message', (message) => {
        if (typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready')
          resolve('ready')
      }),
    )
    return await within(
      Promise.race([ready, this.#exit.then(() => 'ended' as const)]),
      limitMs,
      () => `${this.#entry} ready\n${this.log()}`,
    )
  }

  /** Resolves with the signal or exit code when the process ends. */
  async ended(limitMs = 60_000): Promise<NodeJS.Signals | number> {
    if (!this.#exit) throw new Error(`${this.#entry} was never started`)
    return await within(this.#exit, limitMs, () => `${this.#entry} to end\n${this.log()}`)
  }

  /**
   * Lets it kill itself the n-th time from now that a point is reached, given as `<point>:<n>`; empty for never.
   * Resolves when it has heard that, or when it ended before.
   */
  async arm(point: string): Promise<'armed' | 'ended'> {
    const armed = new Promise<'armed'>((resolve) => {
      this.#child?.once('message', () => resolve('armed'))
      // One that is gone ends instead of answering.
      this.#child?.send({ type: 'fault-point', id: point, point }, () => undefined)
    })
    const ended = (this.#exit ?? Promise.resolve()).then(() => 'ended' as const)
    return await within(
      Promise.race([armed, ended]),
      60_000,
      () => `${this.#entry} to take its fault point\n${this.log()}`,
    )
  }

  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL')
    if (this.#exit) await this.ended()
  }

  async stop(limitMs = 15_000): Promise<NodeJS.Signals | number | undefined> {
    if (!this.#exit) return undefined
    this.#child?.kill('SIGTERM')
    try {
      return await this.ended(limitMs)
    } catch (error) {
      await this.kill()
      throw error
    }
  }

  /** The end of its log, for messages of failed tests. */
  log(): string {
    return readFileSync(this.#log, 'utf8').slice(-4000)
  }
}
