import { createHash } from 'node:crypto'
import type { TemplateType } from '../../infra/database/tables/templates.ts'

/** A picture as it was when the task was made. */
export interface MaterialSnapshot {
  readonly materialId: number
  readonly sha256: string
  readonly mimeType: string
  readonly size: number
}

/** A contact or group as the plane knew it when the task was made. */
export interface ReceiverSnapshot {
  readonly wechatId: string
  readonly nickname: string
  readonly remark: string
  readonly isGroup: boolean
  readonly memberCount: number
}

export const VISIBILITIES = ['ALL', 'PRIVATE', 'INCLUDE', 'EXCLUDE'] as const
export type VisibleTo = (typeof VISIBILITIES)[number]

export const RECEIVER_TYPES = ['ALL', 'TAG', 'GROUP', 'CUSTOMERS'] as const

export interface MomentsParams {
  readonly kind: 'MOMENTS'
  readonly content: string
  readonly images: readonly MaterialSnapshot[]
  readonly devices: readonly number[]
  readonly visibleTo: VisibleTo
  /** Who was named; tasks of earlier versions have only the audience that came of it. */
  readonly tagIds?: readonly number[]
  readonly customerIds?: readonly number[]
  /** Whose friends may or may not see it, by account; empty for ALL and PRIVATE. */
  readonly audience: Readonly<Record<string, readonly ReceiverSnapshot[]>>
  readonly autoLike: boolean
  readonly autoComment: boolean
  readonly commentTexts: readonly string[]
}

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

export interface SyncParams {
  readonly kind: 'FRIENDS_SYNC' | 'GROUPS_SYNC'
  readonly devices: readonly number[]
}

/** What a task is to do: validated, and complete without looking anything up again. */
export type TaskParams = MomentsParams | MessageParams | SyncParams

/**
 * What a task's Moments show of themselves in a list of somebody's: equal for those that nobody can tell apart there. Null
 * for a task that publishes none.
 */
export function lookOf(params: TaskParams): string | null {
  if (params.kind !== 'MOMENTS') return null
  return createHash('sha256').update(`${params.images.length} ${params.content}`).digest('base64url')
}

/** What one item is to do, kept as JSON in its row. */
export type ItemPayload =
  | { readonly action: 'PUBLISH' }
  | { readonly action: 'SEND'; readonly receiver: ReceiverSnapshot; readonly text: string | null }
  | { readonly action: 'LIKE'; readonly author: ReceiverSnapshot }
  | { readonly action: 'COMMENT'; readonly author: ReceiverSnapshot; readonly text: string }
  | { readonly action: 'SYNC_CONTACTS' }
  | { readonly action: 'SYNC_GROUPS' }
