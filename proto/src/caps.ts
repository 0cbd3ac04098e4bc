import type { Budget } from '../generated/muster/v1/wechat.ts'

/** What effects are counted as. Each has a cap of its own for a day of the workspace, and a field of `Budget`. */
export const CAP_KINDS = ['posts', 'messages', 'likes', 'comments'] as const satisfies readonly (keyof Budget)[]
export type CapKind = (typeof CAP_KINDS)[number]

/** A number for each kind: how many are allowed, or how many were done. */
export type Caps = Record<CapKind, number>

/** A record with a value for each kind. */
export const perCapKind = <T>(valueOf: (kind: CapKind) => T): Record<CapKind, T> =>
  Object.fromEntries(CAP_KINDS.map((kind) => [kind, valueOf(kind)])) as Record<CapKind, T>

/** Nothing done, or nothing allowed; a record of its own each time, to count in. */
export const noCaps = (): Caps => perCapKind(() => 0)
