import { fork, type ChildProcess } from 'node:child_process'
import { closeSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** One program the launcher keeps alive. */
export interface PartSpec {
  /** Name of its pid and log file. */
  readonly name: string
  /** TypeScript entry file. */
  readonly entry: string
  /** Asked at every start, because an enrolment code is good only once. */
  environment(): Promise<Record<string, string>>
}

export interface SupervisorOptions {
  readonly dataDir: string
  readonly onRestart?: (part: string, reason: string, waitMs: number) => void
}

const FIRST_WAIT_MS = 200
const LONGEST_WAIT_MS = 10_000
/** A part that lived this long starts its backoff anew. */
const STABLE_MS = 20_000
const LARGEST_LOG_BYTES = 50 * 1024 * 1024

/** Starts parts, writes `<data dir>/run/<part>.pid`, and starts again, with backoff, one that dies. */
export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #parts = new Map<string, Part>()

  constructor(options: SupervisorOptions) {
    this.#options = options
    mkdirSync(join(options.dataDir, 'run'), { recursive: true })
    mkdirSync(join(options.dataDir, 'log'), { recursive: true })
  }

  /** Starts a part and resolves when it says that it is ready; restarts in between are waited for. */
  async start(spec: PartSpec, limitMs: number): Promise<void> {
    const part = new Part(spec, this.#options)
    this.#parts.set(spec.name, part)
    await part.start(limitMs)
  }

  /** Sends SIGTERM to the named parts together and SIGKILL to those still alive after `limitMs`. */
  async stop(filter: (name: string) => boolean, limitMs: number): Promise<void> {
    const chosen = [...this.#parts.entries()].filter(([name]) => filter(name))
    await Promise.all(chosen.map(([, part]) => part.stop(limitMs)))
    for (const [name] of chosen) this.#parts.delete(name)
  }
}

class Part {
  readonly #spec: PartSpec
  readonly #options: SupervisorOptions
  readonly #stopping = new AbortController()
  #child: ChildProcess | undefined
  #loop: Promise<void> | undefined
  readonly #ready = Promise.withResolvers<void>()

  constructor(spec: PartSpec, options: SupervisorOptions) {
    this.#spec = spec
    this.#options = options
  }

  async start(limitMs: number): Promise<void> {
    this.#loop = this.#keepAlive()
    const timeout = delay(limitMs, 'late', { ref: false, signal: this.#stopping.signal }).catch(() => 'stopped')
    const outcome = await Promise.race([this.#ready.promise, timeout])
    if (outcome === 'late') {
      throw new Error(`${this.#spec.name} was not ready within ${limitMs / 1000} s; read ${this.#path('log', 'log')}`)
    }
  }

  async stop(limitMs: number): Promise<void> {
    this.#stopping.abort()
    const child = this.#child
    if (child && child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), limitMs)
      await this.#loop
      clearTimeout(timer)
    } else await this.#loop
  }

  #path(folder: 'run' | 'log', extension: 'pid' | 'log'): string {
    return join(this.#options.dataDir, folder, `${this.#spec.name}.${extension}`)
  }

  async #keepAlive(): Promise<void> {
    const { signal } = this.#stopping
    let waitMs = FIRST_WAIT_MS
    while (!signal.aborted) {
      const began = performance.now()
      const reason = await this.#runOnce().catch((error: unknown) => `could not start: ${String(error)}`)
      if (signal.aborted) return
      if (performance.now() - began > STABLE_MS) waitMs = FIRST_WAIT_MS
      this.#options.onRestart?.(this.#spec.name, reason, waitMs)
      await delay(waitMs, undefined, { signal }).catch(() => undefined)
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)
    }
  }

  /** One life of the process; answers why it ended. */
  async #runOnce(): Promise<string> {
    const environment = await this.#spec.environment()
    if (this.#stopping.signal.aborted) return 'stopped'
    const log = this.#openLog()
    const child = fork(this.#spec.entry, [], {
      execArgv: ['--conditions=source', '--disable-warning=ExperimentalWarning'],
      env: { ...process.env, ...environment },
      stdio: ['ignore', log, log, 'ipc'],
    })
    closeSync(log)
    this.#child = child
    if (child.pid !== undefined) writeFileSync(this.#path('run', 'pid'), String(child.pid))
    child.on('message', (message) => {
      if (typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready') {
        this.#ready.resolve()
      }
    })
    const reason = await new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message))
      child.once('exit', (code, by) => resolve(by ? `killed by ${by}` : `exit code ${code}`))
    })
    rmSync(this.#path('run', 'pid'), { force: true })
    return reason
  }

  #openLog(): number {
    const file = this.#path('log', 'log')
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > LARGEST_LOG_BYTES) renameSync(file, `${file}.1`)
    return openSync(file, 'a')
  }
}
