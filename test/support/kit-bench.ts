import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { pino } from 'pino'
import type { Command, CommandResult } from '@muster/proto'
import {
  runItems,
  startAgent,
  type AgentClock,
  type CommandHandlers,
  type CustomDefinition,
  type RunningAgent,
} from '@muster/sdk/agent'
import { ScriptedGateway, type ScriptedSession } from './scripted-gateway.ts'

export interface BenchOptions {
  readonly queueSize?: number
  /** Holds each last tap back until `release` is called. */
  readonly hold?: boolean
  readonly check?: () => Promise<undefined>
  /** The handler ends when `release` is called, and at nothing else. */
  readonly ignoresSignal?: boolean
  readonly clock?: AgentClock
  /** Commands of an agent author. */
  readonly custom?: readonly CustomDefinition[]
  /** Gets the agent's log. */
  readonly lines?: string[]
}

export interface Bench {
  readonly gateway: ScriptedGateway
  /** Of the agent's journal. */
  readonly directory: string
  /** Item ids whose last tap happened, in order. */
  readonly taps: string[]
  /** Lets go what `hold` and `ignoresSignal` hold. */
  readonly release: () => void
  readonly start: (options?: BenchOptions) => Promise<RunningAgent>
  readonly connected: (resume?: Parameters<ScriptedSession['welcome']>[0]) => Promise<ScriptedSession>
}

/** An agent of the kit, with a handler that only counts its last taps, and a gateway that a test plays. */
export async function kitBench(t: ExecutionContext): Promise<Bench> {
  const dir = mkdtempSync(join(tmpdir(), 'muster-test-'))
  const gateway = await ScriptedGateway.start(dir)
  const identity = await gateway.identity()
  const taps: string[] = []
  const gate = Promise.withResolvers<void>()
  const agents: RunningAgent[] = []
  t.teardown(async () => {
    gate.resolve()
    await Promise.all(agents.map(async (agent) => await agent.stop()))
    gateway.close()
    rmSync(dir, { recursive: true, force: true })
  })
  return {
    gateway,
    taps,
    directory: join(dir, 'agent'),
    release: () => gate.resolve(),
    start: async (options = {}) => {
      const { queueSize = 256, hold = false, check, ignoresSignal = false, clock, custom = [], lines = [] } = options
      const handlers: CommandHandlers = {
        publishMoment: {
          ...(check ? { check } : {}),
          run: async ({ itemId }, context) => {
            if (ignoresSignal) return await gate.promise
            const effect = {
              spend: 'posts' as const,
              parts: 1,
              prepare: async () => (hold ? await gate.promise : undefined),
              commit: async () => void taps.push(itemId),
              confirm: async () => 'done' as const,
              probe: async () => 'done' as const,
              readBaseline: () => undefined,
            }
            await runItems(context, [{ itemId, effect: () => effect }])
          },
        },
      }
      const agent = await startAgent({
        identity,
        address: gateway.address,
        directory: join(dir, 'agent'),
        agentVersion: '0.0.0',
        device: { name: 'kit', type: 'ANDROID', model: 'raw', osVersion: '14', emulated: true },
        handlers,
        custom,
        log: pino({ level: 'info' }, { write: (line: string) => void lines.push(line) }),
        backoff: { firstMs: 1, longestMs: 8, random: () => 1 },
        queueSize,
        ...(clock ? { clock } : {}),
      })
      agents.push(agent)
      return agent
    },
    connected: async (resume) => {
      const session = await gateway.session()
      session.welcome(resume)
      await session.next('ready')
      return session
    },
  }
}

export const command = (value: Command) => ({ $case: 'command' as const, value })

export const ack = (commandId: string, error = '') => ({
  $case: 'resultAck' as const,
  value: { commandIds: [commandId], error },
})
export const items = (result: CommandResult) => result.items.map(({ status, code }) => [status, code])
