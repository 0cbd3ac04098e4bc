import {
  customLabel,
  capabilityProblem,
  EffectClass,
  payloadProblem,
  registrationProblem,
  type CustomCapability,
  type CustomCommand,
} from '@muster/proto'
import { AgentError, ConfigurationError } from './agent-error.ts'
import type { Json, OnceCommand, RepeatableCommand } from './custom-definition.ts'
import { runOnce, runRepeatable } from './custom-runs.ts'
import type { CommandContext, CommandHandler, Refusal } from './handlers.ts'

/** A command that `startAgent` can register. */
export interface CustomDefinition {
  readonly capability: CustomCapability
  /** Ends the item through the context. @param payload one that fits the schema */
  run(payload: unknown, itemId: string, context: CommandContext): Promise<void>
}

/** A custom command that cannot be registered. The text says which one and what is wrong with it. */
export class InvalidCommandDefinition extends ConfigurationError {
  override readonly name = 'InvalidCommandDefinition'
}

/** Defines a custom command. Throws InvalidCommandDefinition when it breaks a rule of its parts. */
export function defineCommand<P, B extends Json = null>(
  definition: RepeatableCommand<P> | OnceCommand<P, B>,
): CustomDefinition {
  const { name, version, description = '', schema, effectClass } = definition
  const capability: CustomCapability = {
    name,
    version,
    description,
    schemaJson: JSON.stringify(schema),
    effectClass: EffectClass[effectClass] ?? EffectClass.UNSPECIFIED,
  }
  const problem = capabilityProblem(capability)
  if (problem !== undefined) throw new InvalidCommandDefinition(problem)
  return {
    capability,
    run: async (payload, itemId, context) => {
      if (definition.effectClass === 'ONCE') await runOnce(definition, payload as P, itemId, context)
      else await runRepeatable(definition, payload as P, itemId, context)
    },
  }
}

/** The handler of all custom commands of an agent. Throws InvalidCommandDefinition when they do not go together. */
export function customHandler(definitions: readonly CustomDefinition[]): CommandHandler<CustomCommand> {
  const problem = registrationProblem(definitions.map(({ capability }) => capability))
  if (problem !== undefined) throw new InvalidCommandDefinition(problem)
  const known = new Map(definitions.map((definition) => [customLabel(definition.capability), definition]))
  return {
    check: async (command, { effectClass }) => refusalOf(command, effectClass, known),
    run: async (command, context) => {
      // Looked at again: a later version of the agent goes on with what an earlier one took in.
      const refusal = refusalOf(command, context.effectClass, known)
      if (refusal) throw new AgentError(refusal.code, refusal.reason)
      const definition = known.get(customLabel(command))
      await definition?.run(JSON.parse(command.payloadJson), command.itemId, context)
    },
  }
}

function refusalOf(
  command: CustomCommand,
  effectClass: EffectClass,
  known: ReadonlyMap<string, CustomDefinition>,
): Refusal | undefined {
  const label = customLabel(command)
  const rejected = (reason: string): Refusal => ({ kind: 'rejected', code: 'UNSUPPORTED', reason })
  const definition = known.get(label)
  if (!definition) return rejected(`this agent has no command ${label}; it has ${[...known.keys()].join(', ')}`)
  const { capability } = definition
  // What is said to be READ is run again without a look at the journal.
  if (capability.effectClass !== effectClass)
    return rejected(`${label} has another effect class on this phone; give it another version and send it again`)
  const problem = payloadProblem(capability.schemaJson, command.payloadJson)
  return problem === undefined ? undefined : rejected(`${label}: ${problem}`)
}
