import { fork, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { partLock } from './data-dir.ts'
import { PartLog } from './part-log.ts'

/** One program the launcher keeps alive. */
export interface PartSpec {
  /** Name of its pid, lock and log file. */
  readonly name: string
  /** TypeScript entry file. */
  readonly entry: string
  /** All of its environment. Asked at every start, because an enrolment code is good only once. */
  environment(): Promise<NodeJS.ProcessEnv>
}

export interface PartOptions {
  readonly dataDir: string
  /** Once aborted nothing is started any more. */
  readonly signal: AbortSignal
  readonly onRestart?: (part: string, reason: string, waitMs: number) => void
  /** A part that never ran cannot run as things are, and nobody waits for it any more; it is not started again. */
  readonly onGivenUp?: (message: string) => void
}

interface Ending {
  readonly reason: string
  /** It said that a person has to change something first. */
  readonly needsPerson: boolean
}

/** Next to the time a start takes: whoever waits for the plane is not to notice the backoff of its first deaths. */
const FIRST_WAIT_MS = 50
const LONGEST_WAIT_MS = 10_000
/** Where a person has to change something first: a port that others took meanwhile or a full disk may free itself. */
const PERSON_WAIT_MS = 60_000
/** A part that lived this long starts its backoff anew. */
const STABLE_MS = 20_000
/** Of sysexits.h: a person has to change something first. */
const EX_CONFIG = 78
const CHILD_PRELOAD = pathToFileURL(join(import.meta.dirname, 'child-preload.ts')).href

/** A program that is started again, with backoff, when it dies. */
export class ManagedProcess {
  readonly log: PartLog
  readonly #spec: PartSpec
  readonly #options: PartOptions
  readonly #ready = Promise.withResolvers<void>()
  #wasReady = false
  #awaited = true
  #lastReason = ''
  #child: ChildProcess | undefined
  #loop: Promise<void> | undefined

  constructor(spec: PartSpec, options: PartOptions) {
    this.#spec = spec
    this.#options = options
    this.log = new PartLog(join(options.dataDir, 'log', `${spec.name}.log`))
    this.#ready.promise.catch(() => undefined)
  }

  /**
   * Resolves when it says that it is ready; restarts in between are waited for. Throws when it cannot run as things
   * are, when `limitMs` pass (it is still tried again), and when nothing is to be started any more.
   */
  async start(limitMs: number): Promise<void> {
    const { signal } = this.#options
    signal.throwIfAborted()
    this.#loop = this.#keepAlive()
    const settled = new AbortController()
    const late = delay(limitMs, undefined, { signal: AbortSignal.any([signal, settled.signal]) }).then(() => {
      const why = this.#lastReason && ` (${this.#lastReason})`
      throw new Error(`${this.#spec.name} was not ready within ${limitMs / 1000} s${why}; read ${this.log.path}`)
    })
    try {
      await Promise.race([this.#ready.promise, late])
    } finally {
      this.#awaited = false
      settled.abort()
    }
  }

  /** Sends a question on the part's channel and resolves with the answer that carries its id. Throws when none comes. */
  async ask(question: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>> {
    const child = this.#child
    if (!child?.connected) throw new Error(`${this.#spec.name} does not run`)
    const id = randomUUID()
    const answer = Promise.withResolvers<Readonly<Record<string, unknown>>>()
    const listen = (message: unknown): void => {
      if (!isRecord(message) || message['id'] !== id) return
      if (typeof message['error'] === 'string') answer.reject(new Error(message['error']))
      else answer.resolve(message)
    }
    const gone = (): void => answer.reject(new Error(`${this.#spec.name} ends before it answers`))
    child.on('message', listen).once('exit', gone)
    this.#options.signal.addEventListener('abort', gone)
    child.send({ ...question, id }, (error) => error && gone())
    try {
      return await answer.promise
    } finally {
      child.off('message', listen).off('exit', gone)
      this.#options.signal.removeEventListener('abort', gone)
    }
  }

  /** Ends it, by SIGKILL when `limitMs` after SIGTERM it still runs. Only once nothing is started any more. */
  async stop(limitMs: number): Promise<void> {
    const child = this.#child
    child?.kill('SIGTERM')
    const timer = setTimeout(() => child?.kill('SIGKILL'), limitMs)
    await this.#loop
    clearTimeout(timer)
  }

  async #keepAlive(): Promise<void> {
    const { signal, onRestart, onGivenUp } = this.#options
    let waitMs = FIRST_WAIT_MS
    while (!signal.aborted) {
      const began = performance.now()
      const { reason, needsPerson } = await this.#live().catch((error: unknown) => couldNotStart(error))
      this.#lastReason = reason
      if (signal.aborted) return
      if (needsPerson && !this.#wasReady) {
        const message = `${this.#spec.name} cannot run: ${reason}; read ${this.log.path}`
        if (this.#awaited) this.#ready.reject(new Error(message))
        else onGivenUp?.(message)
        return
      }
      if (performance.now() - began > STABLE_MS) waitMs = FIRST_WAIT_MS
      if (needsPerson) waitMs = PERSON_WAIT_MS
      onRestart?.(this.#spec.name, reason, waitMs)
      await delay(waitMs, undefined, { signal }).catch(() => undefined)
      waitMs = needsPerson ? FIRST_WAIT_MS : Math.min(waitMs * 2, LONGEST_WAIT_MS)
    }
  }

  /** One life of the process, from its start to its end. */
  async #live(): Promise<Ending> {
    const environment = await this.#spec.environment()
    if (this.#options.signal.aborted) return { reason: 'not started', needsPerson: false }
    const child = this.#fork(environment)
    this.#child = child
    const ended = once(child, 'exit') as Promise<[code: number | null, by: NodeJS.Signals | null]>
    child.on('message', (message) => {
      if (!isRecord(message) || message['type'] !== 'ready') return
      this.#wasReady = true
      this.#ready.resolve()
    })
    try {
      this.#notePid(child.pid)
    } catch (error) {
      // Nobody could find a part without its pid file.
      child.kill('SIGKILL')
      await ended
      throw error
    }
    const [code, by] = await ended
    this.#child = undefined
    this.#notePid(undefined)
    if (by) return { reason: `killed by ${by}`, needsPerson: false }
    const words = this.log.lastWords()
    const needsPerson = code === EX_CONFIG
    if (needsPerson && words) return { reason: words, needsPerson }
    return { reason: `exit code ${code}${words && `: ${words}`}`, needsPerson }
  }

  #fork(environment: NodeJS.ProcessEnv): ChildProcess {
    const { dataDir } = this.#options
    const log = this.log.open()
    try {
      return fork(this.#spec.entry, [], {
        execArgv: ['--conditions=source', '--disable-warning=ExperimentalWarning', `--import=${CHILD_PRELOAD}`],
        env: { ...environment, MUSTER_PART_LOCK: partLock(dataDir, this.#spec.name) },
        stdio: ['ignore', log, log, 'ipc'],
        // Ctrl-C in a terminal reaches the launcher alone, which ends the parts in order.
        detached: true,
      })
    } finally {
      closeSync(log)
    }
  }

  /** In one step, so that nobody reads half of it. */
  #notePid(pid: number | undefined): void {
    const file = join(this.#options.dataDir, 'run', `${this.#spec.name}.pid`)
    if (pid === undefined) return rmSync(file, { force: true })
    writeFileSync(`${file}.part`, String(pid))
    renameSync(`${file}.part`, file)
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const couldNotStart = (error: unknown): Ending => ({
  reason: `could not start: ${error instanceof Error ? error.message : String(error)}`,
  needsPerson: false,
})
