import type { Command, GatewayFrame, SessionError } from '@muster/proto'

/** A frame to an agent. */
export type DownFrame = NonNullable<GatewayFrame['frame']>

/** The facts settled by a session's Hello; they do not change while the session lives. */
export interface SessionFacts {
  readonly deviceId: number
  /** The account the phone shows; null while it shows none. */
  readonly accountId: number | null
  /** That account's WeChat id, or empty. */
  readonly wechatId: string
  readonly epoch: number
  readonly bootId: string
  readonly serial: string
  /** Commands the agent takes before the first of them has its result. */
  readonly credits: number
}

/** A live session as the ledger needs it; the gateway implements it. */
export interface LedgerSession {
  readonly facts: SessionFacts
  /** How many more commands the agent takes now. */
  readonly room: number
  /** @param bytes the approximate size on the wire */
  sendCommand(command: Command, bytes: number): void
  /** Sends an ack or a cancel, ahead of all commands. */
  send(frame: DownFrame): void
  /** The agent has no work left with these commands: it has room for others. */
  release(commandIds: readonly string[]): void
  /** Sends a last frame and ends the stream. */
  end(frame?: DownFrame): void
}

/** @param retryAfterMs how long the agent is to stay away */
export const sessionError = (
  code: string,
  message: string,
  retryable: boolean,
  retryAfterMs: number,
): SessionError => ({ code, message, retryable, retryAfterMs })

/** Sent to a session that is no longer its device's newest. */
export const STALE = sessionError('STALE_EPOCH', 'a newer session of this device took over', true, 1000)
