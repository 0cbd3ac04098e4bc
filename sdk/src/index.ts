/**
 * Muster's SDK for integrators: the typed client of the REST API and its task events.
 * The kit for agents is `@muster/sdk/agent`.
 * @module
 */
export {
  MusterClient,
  type CallInit,
  type DataOf,
  type MusterClientOptions,
  type PagedPath,
  type PageItem,
} from './client.ts'
export { MusterApiError, MusterConnectionError, type RestErrorCode } from './errors.ts'
export type { EventStreamOptions, TaskEvent } from './events.ts'
export type { components, paths } from './generated/api.gen.ts'
export type { Credentials } from './tokens.ts'
