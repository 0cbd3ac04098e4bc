/**
 * The kit Muster's own agent is built on: identity, session, journal, dispatcher, and the handler contract.
 * @module
 */
export { AgentError, AgentStopping, ConfigurationError } from './agent-error.ts'
export { startAgent, type AgentOptions, type RunningAgent } from './agent.ts'
export { Backoff, type BackoffOptions } from './backoff.ts'
export { isQuietMinute, localTime, refusedByBudget, type LocalTime } from './budget.ts'
export { defineCommand, InvalidCommandDefinition, type CustomDefinition } from './custom-commands.ts'
export type { CustomContext, Found, Json, OnceCommand, RepeatableCommand } from './custom-definition.ts'
export { sleep, systemClock, type AgentClock, type AgentTimer } from './clock.ts'
export { NotTapped, type Effect, type EffectItem, type Settled } from './effect.ts'
export { CrashPoint, KIT_FAULT_POINTS, noFaults, step, type FaultPoints } from './fault-points.ts'
export type {
  CommandContext,
  CommandHandler,
  CommandHandlers,
  CommandHead,
  FinalItemState,
  ItemMemory,
  Outcome,
  PayloadOf,
  Refusal,
  Refused,
  SpendKind,
} from './handlers.ts'
export { channelOptions, clientFor, enrol, loadIdentity, type EnrolOptions, type Identity } from './identity.ts'
export { Journal } from './journal.ts'
export type { JournalEntry, JournalLevel } from './journal-state.ts'
export { itemIdsOf, resultOf, shortForm } from './results.ts'
export { runItems, runRead, type RunPace } from './run-items.ts'
