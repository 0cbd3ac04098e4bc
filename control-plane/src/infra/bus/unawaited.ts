import type { Logger } from 'pino'

/**
 * Lets a message over the bus go without waiting for it; a failure is logged. For what is durable in the database as
 * well: a sweep or the next Hello makes up for a lost message.
 * @param what the message, for the log
 */
export function unawaited(sent: Promise<unknown>, log: Logger, what: string): void {
  sent.catch((error: unknown) => log.warn({ err: error, what }, 'bus message lost'))
}
