import type { ActionEffect, ActionRules } from '../../../ports.ts'
import { ALL_KINDS } from './index.ts'
import type { ActionRule } from './kind.ts'

const rules = new Map<string, ActionRule>()
for (const { kind, actions } of ALL_KINDS)
  for (const [action, rule] of Object.entries(actions)) {
    if (rules.has(action)) throw new Error(`${kind}: the action ${action} belongs to another kind of task already`)
    rules.set(action, rule)
  }

const NO_EFFECT: ActionEffect = { cap: undefined, toPeople: false, showsLook: false }

/** What the actions of every kind of task do. */
export const actionRules: ActionRules = {
  of: (action) => rules.get(action) ?? NO_EFFECT,
  toPeople: [...rules].flatMap(([action, { toPeople }]) => (toPeople ? [action] : [])),
}
