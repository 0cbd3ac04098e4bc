import { EffectClass, type CommandPayload } from '@muster/proto'
import {
  AgentError,
  itemIdsOf,
  type CommandContext,
  type CommandHandler,
  type CommandHandlers,
  type Refusal,
} from '@muster/sdk/agent'
import type { DeviceHealth } from '../device-health.ts'
import { rowOf } from './table.ts'

/**
 * Puts the phone's health before every handler: no command is taken that cannot run now, and one that was taken begins
 * only while the account it is for is on the phone.
 */
export function guarded(handlers: CommandHandlers, health: DeviceHealth): CommandHandlers {
  const guard = ([kind, handler]: [string, CommandHandler<unknown>]): [string, CommandHandler<unknown>] => [
    kind,
    {
      check: async (payload, command) =>
        misunderstood(kind, command.effectClass) ??
        (await health.check(command)) ??
        (await handler.check?.(payload, command)),
      run: async (payload, context) => {
        let begun = false
        try {
          await health.use(context, rowOf(kind)?.rereadsAccount ?? true, async () => {
            begun = true
            await handler.run(payload, context)
          })
        } catch (error) {
          const command = { $case: kind, value: payload } as CommandPayload
          if (!begun && !context.signal.aborted && error instanceof AgentError)
            await endUnbegun(context, itemIdsOf(command), error)
          throw error
        }
      },
    },
  ]
  return Object.fromEntries(Object.entries(handlers as Record<string, CommandHandler<unknown>>).map(guard))
}

/** Why a command is refused that the plane would send again although it must take effect once. */
function misunderstood(kind: string, effectClass: EffectClass): Refusal | undefined {
  if (rowOf(kind)?.effectClass !== 'ONCE' || effectClass === EffectClass.ONCE) return undefined
  const reason = `${kind} takes effect once and came as ${effectClass}`
  return { kind: 'rejected', code: 'UNSUPPORTED', reason }
}

/** Ends what nobody has begun. Where a last tap may have happened, the kit says that nobody knows. */
async function endUnbegun(context: CommandContext, itemIds: readonly string[], error: AgentError): Promise<void> {
  let evidence = error.evidence
  for (const itemId of itemIds) {
    const { finished, openIntent } = context.recall(itemId)
    if (finished || openIntent) continue
    const failed = { status: 'FAILED', code: error.code, reason: error.message, evidence } as const
    await context.finish(itemId, context.cancelled(itemId) ?? failed)
    // One picture tells it.
    evidence = undefined
  }
}
