import { setTimeout as delay } from 'node:timers/promises'
import { agentPart, PLANE } from './parts.ts'
import type { Settings } from './settings.ts'
import type { Supervisor } from './supervisor.ts'

const START_TOGETHER = 4
/** A phone that takes longer than this to be ready makes room for the next one. */
const PLACE_LIMIT_MS = 10_000

export interface AgentsDeps {
  readonly settings: Settings
  readonly supervisor: Pick<Supervisor, 'start' | 'ask'>
  /** Once aborted nothing is started any more. */
  readonly signal: AbortSignal
}

/** The ids of the phones of the running emulator. */
export async function phonesOf({ settings, signal }: AgentsDeps): Promise<string[]> {
  const answer = await fetch(`http://127.0.0.1:${settings.emulatorPort}/phones`, { signal })
  return ((await answer.json()) as readonly { id: string }[]).map(({ id }) => id)
}

/**
 * Starts an agent per phone, some at a time. Answers what is wrong with those that are not ready after `limitMs`: a bad
 * phone keeps nobody else waiting, and is tried again. Throws when the signal aborts.
 */
export async function startAgents(deps: AgentsDeps, phones: readonly string[], limitMs: number): Promise<string[]> {
  const { settings, supervisor, signal } = deps
  const code = async (name: string): Promise<string> =>
    String((await supervisor.ask(PLANE, { type: 'enrolment-code', name }))['code'])
  const waiting = [...phones]
  const troubles: string[] = []
  const starts: Promise<void>[] = []
  const place = async (): Promise<void> => {
    for (let phone = waiting.shift(); phone !== undefined; phone = waiting.shift()) {
      const start = supervisor
        .start(agentPart(settings, phone, code), limitMs)
        .catch((error: unknown) => void troubles.push(error instanceof Error ? error.message : String(error)))
      starts.push(start)
      await Promise.race([start, delay(PLACE_LIMIT_MS, undefined, { signal, ref: false })])
    }
  }
  await Promise.all(Array.from({ length: START_TOGETHER }, place))
  await Promise.all(starts)
  signal.throwIfAborted()
  return troubles
}
