import { fork, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../run-tool.ts'

const START_LIMIT_MS = 60_000

/** Methods a child of the bench offers its parent. */
export type Methods = Readonly<Record<string, (argument: never) => unknown>>

/** Answers the parent's calls until it goes. */
export function serve(methods: Methods): void {
  process.on('message', (message) => {
    const { id, method, argument } = message as { id: number; method: string; argument: never }
    Promise.resolve()
      .then(async () => await methods[method]?.(argument))
      .then((result) => process.send?.({ id, result }))
      .catch((error: unknown) => process.send?.({ id, error: String(error) }))
  })
  process.once('disconnect', () => process.exit(0))
  process.send?.({ type: 'ready' })
}

/** A process of its own, so that what is measured shares no event loop with what drives it. */
export class Child {
  readonly #process: ChildProcess
  readonly #calls = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #listeners: ((message: unknown) => void)[] = []
  #nextId = 1

  private constructor(child: ChildProcess) {
    this.#process = child
    child.on('message', (message) => {
      const { id, result, error } = message as { id?: number; result?: unknown; error?: string }
      const call = id === undefined ? undefined : this.#calls.get(id)
      if (!call) return this.#listeners.forEach((listener) => listener(message))
      this.#calls.delete(id ?? 0)
      if (error === undefined) call.resolve(result)
      else call.reject(new Error(error))
    })
    child.once('exit', () => {
      for (const call of this.#calls.values()) call.reject(new Error('a process of the bench ended'))
    })
  }

  /** Starts a source file; resolves when it says that it is ready. */
  static async start(
    file: string,
    options: { args?: readonly string[]; env?: Record<string, string> } = {},
  ): Promise<Child> {
    const child = fork(join(root, file), [...(options.args ?? [])], {
      execArgv: ['--conditions=source', '--disable-warning=ExperimentalWarning'],
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${file} did not start in time`)), START_LIMIT_MS)
      child.once('exit', () => reject(new Error(`${file} ended at start`)))
      child.on('message', (message) => {
        if ((message as { type?: string }).type !== 'ready') return
        clearTimeout(timer)
        resolve()
      })
    })
    return new Child(child)
  }

  async call<T>(method: string, argument?: unknown): Promise<T> {
    const id = this.#nextId++
    const call = Promise.withResolvers<unknown>()
    this.#calls.set(id, call)
    this.#process.send({ id, method, argument })
    return (await call.promise) as T
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#listeners.push(listener)
  }

  /** Resident memory in KiB, as the system counts it. */
  rssKib(): number {
    const status = readFileSync(`/proc/${this.#process.pid}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0)
  }

  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = new Promise((resolve) => this.#process.once('exit', resolve))
    this.#process.kill(signal)
    await ended
  }
}
