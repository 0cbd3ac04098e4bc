import type { EffectClass } from '../../../infra/database/tables/commands.ts'
import { custom } from './custom/index.ts'
import { friendsSync } from './friends-sync/index.ts'
import { groupsSync } from './groups-sync/index.ts'
import type { TaskKindModule } from './kind.ts'
import { message } from './message/index.ts'
import { moments } from './moments/index.ts'
import { noteToSelf } from './note-to-self/index.ts'

// A new kind is a folder and a row here. The table's type is made of its own rows, each under the name it gives itself:
// one that lacks a part, or stands under another name, does not compile.
const rows = {
  MOMENTS: moments,
  MESSAGE: message,
  FRIENDS_SYNC: friendsSync,
  GROUPS_SYNC: groupsSync,
  NOTE_TO_SELF: noteToSelf,
  CUSTOM: custom,
}

export type TaskKind = keyof typeof rows
type ParamsOf<K extends TaskKind> = Parameters<(typeof rows)[K]['view']>[0]
/** What a task is to do, whatever its kind. */
export type TaskParams = { [K in TaskKind]: ParamsOf<K> }[TaskKind]
/** What an item does, whatever the kind of its task. */
export type ItemAction = { [K in TaskKind]: keyof (typeof rows)[K]['actions'] }[TaskKind]

type AnyPayload = { readonly action: string }
/** A kind for those that know none. Its parts take the params, requests and payloads of that kind only. */
export type AnyKind = TaskKindModule<TaskKind, unknown, TaskParams, AnyPayload>

/** Every kind of task. */
export const KINDS: {
  readonly [K in TaskKind]: TaskKindModule<K, unknown, TaskParams & { readonly kind: K }, AnyPayload>
} = rows

export const TASK_KINDS = Object.keys(KINDS) as [TaskKind, ...TaskKind[]]
export const ALL_KINDS: readonly AnyKind[] = TASK_KINDS.map((kind) => KINDS[kind])

/** The kind of a task. */
export const kindOf = ({ kind }: Pick<TaskParams, 'kind'>): AnyKind => KINDS[kind]

/** Whether a task of this kind only reads, or the most that any item of it does. */
export function effectClassOf(params: TaskParams): EffectClass {
  const kind = kindOf(params)
  const own = kind.effectClass?.(params)
  if (own !== undefined) return own
  const classes = Object.values(kind.actions).map(({ effectClass }) => effectClass)
  return (['ONCE', 'IDEMPOTENT'] as const).find((one) => classes.includes(one)) ?? 'READ'
}
