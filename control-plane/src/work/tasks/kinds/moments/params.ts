import type { MaterialSnapshot, ReceiverSnapshot } from '../snapshots.ts'

export const VISIBILITIES = ['ALL', 'PRIVATE', 'INCLUDE', 'EXCLUDE'] as const
export type VisibleTo = (typeof VISIBILITIES)[number]

export interface MomentsParams {
  readonly kind: 'MOMENTS'
  readonly content: string
  readonly images: readonly MaterialSnapshot[]
  readonly devices: readonly number[]
  readonly visibleTo: VisibleTo
  /** As they were given; tasks of earlier versions have only the audience that came of them. */
  readonly tagIds?: readonly number[]
  readonly customerIds?: readonly number[]
  /** Whose friends may or may not see it, by account; empty for ALL and PRIVATE. */
  readonly audience: Readonly<Record<string, readonly ReceiverSnapshot[]>>
  readonly autoLike: boolean
  readonly autoComment: boolean
  readonly commentTexts: readonly string[]
}

export type MomentPayload =
  | { readonly action: 'PUBLISH' }
  | { readonly action: 'LIKE'; readonly author: ReceiverSnapshot }
  | { readonly action: 'COMMENT'; readonly author: ReceiverSnapshot; readonly text: string }

/** Whether only the friends that are named may, or may not, see it. */
export const isForSome = (visibleTo: VisibleTo): boolean => visibleTo === 'INCLUDE' || visibleTo === 'EXCLUDE'

/** The friends of an account that may or may not see it. */
export const audienceOf = (
  { audience }: Pick<MomentsParams, 'audience'>,
  accountId: number | null,
): readonly ReceiverSnapshot[] => audience[String(accountId)] ?? []
