import type { TemplateType } from '../../../../infra/database/tables/templates.ts'
import type { MaterialSnapshot, ReceiverSnapshot } from '../snapshots.ts'

export const RECEIVER_TYPES = ['ALL', 'TAG', 'GROUP', 'CUSTOMERS'] as const

/** A template as it was when the task took it. */
export interface TemplateSnapshot {
  readonly id: number
  readonly type: TemplateType
  readonly content: string
  /** Those it declares; tasks of earlier versions do not say. */
  readonly variables?: readonly string[]
  readonly materials: readonly MaterialSnapshot[]
}

export interface MessageParams {
  readonly kind: 'MESSAGE'
  readonly template: TemplateSnapshot
  readonly receivers: {
    readonly type: (typeof RECEIVER_TYPES)[number]
    readonly tagIds: readonly number[]
    readonly groupIds: readonly number[]
    readonly customerIds: readonly number[]
  }
  readonly variables: Readonly<Record<string, string>>
  readonly devices: readonly number[]
  readonly intervalSeconds: number
  readonly batchSize: number
  readonly batchPauseSeconds: number
}

export interface MessagePayload {
  readonly action: 'SEND'
  readonly receiver: ReceiverSnapshot
  /** Null for pictures alone, and where a variable has no value. */
  readonly text: string | null
}
