import { ManagedProcess, type PartOptions, type PartSpec } from './managed-process.ts'

const ROTATE_EVERY_MS = 30_000

/** The parts of one launcher: writes `<data dir>/run/<part>.pid`, keeps their logs, starts again one that dies. */
export class Supervisor {
  readonly #options: PartOptions
  readonly #parts = new Map<string, ManagedProcess>()

  constructor(options: PartOptions) {
    this.#options = options
    setInterval(() => this.#rotateLogs(), ROTATE_EVERY_MS).unref()
  }

  /** Starts a part, as `Part.start`. */
  async start(spec: PartSpec, limitMs: number): Promise<void> {
    const part = new ManagedProcess(spec, this.#options)
    this.#parts.set(spec.name, part)
    await part.start(limitMs)
  }

  /** Asks a running part, as `Part.ask`. */
  async ask(name: string, question: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>> {
    const part = this.#parts.get(name)
    if (!part) throw new Error(`${name} was not started`)
    return await part.ask(question)
  }

  /** Ends the named parts together. Only once nothing is started any more. */
  async stop(filter: (name: string) => boolean, limitMs: number): Promise<void> {
    const chosen = [...this.#parts].filter(([name]) => filter(name))
    await Promise.all(chosen.map(([, part]) => part.stop(limitMs)))
  }

  #rotateLogs(): void {
    for (const part of this.#parts.values()) {
      try {
        part.log.rotate()
      } catch {
        // A log that cannot be put aside is no reason to end what writes it.
        continue
      }
    }
  }
}
