import { usesAccount } from '@muster/proto'
import type { AdmissionRules, Work } from '../../fleet/policy/admission-rules.ts'
import { kindOf, type TaskParams } from './kinds/index.ts'
import type { PlannableItem, PlannedCommand } from './kinds/kind.ts'
import { planCommands } from './planner.ts'

// What a task would do, by the planner and the rules that would make it do so. No I/O, no clock.

export interface ForecastItem extends PlannableItem {
  readonly customerId: number | null
  readonly dependsOnItemId: number | null
  readonly code: string | null
  readonly reason: string | null
}

export interface Forecast {
  readonly wouldSend: number
  readonly skipped: readonly ForecastSkip[]
  /** Milliseconds since 1970. */
  readonly endsAt: number
}

export interface ForecastSkip {
  readonly deviceId: number
  readonly customerId: number | null
  readonly code: string
  readonly reason: string
}

/** Plays a task that begins at `startMs`, each phone answering in the time phones take. */
export function forecast(
  params: TaskParams,
  items: readonly ForecastItem[],
  judge: AdmissionRules,
  startMs: number,
): Forecast {
  const play = new Play(params, items, judge)
  for (const item of items)
    if (item.status === 'SKIPPED') play.skip(item, { code: item.code ?? '', reason: item.reason ?? '' })
  const waiting = items.filter((item) => item.status === 'PENDING')
  const end = play.run(
    waiting.filter((item) => item.dependsOnItemId === null),
    startMs,
  )
  const going: ForecastItem[] = []
  for (const item of waiting.filter((one) => one.dependsOnItemId !== null)) {
    if (play.sent.has(item.dependsOnItemId ?? 0)) going.push(item)
    else play.skip(item, { code: 'CANCELLED', reason: 'what it follows would not be done' })
  }
  return { endsAt: play.run(going, end), wouldSend: play.sent.size, skipped: play.skipped }
}

class Play {
  readonly sent = new Set<number>()
  readonly skipped: ForecastSkip[] = []
  readonly #params: TaskParams
  readonly #items: ReadonlyMap<number, ForecastItem>
  readonly #judge: AdmissionRules

  constructor(params: TaskParams, items: readonly ForecastItem[], judge: AdmissionRules) {
    this.#params = params
    this.#items = new Map(items.map((item) => [item.id, item]))
    this.#judge = judge
  }

  skip({ deviceId, customerId }: ForecastItem, { code, reason }: { code: string; reason: string }): void {
    this.skipped.push({ deviceId, customerId, code, reason })
  }

  /** Answers when the last phone is done. */
  run(items: readonly ForecastItem[], startMs: number): number {
    const plan = planCommands(this.#params, items, (accountId) => this.#judge.floorMs(accountId))
    for (const { itemId, ...why } of plan.unplanned) for (const item of this.#named([itemId])) this.skip(item, why)
    const ends = [...Map.groupBy(plan.commands, (command) => command.deviceId).values()].map((commands) =>
      commands.reduce((now, command, at) => {
        const restMs = at === 0 ? 0 : Math.max(command.pauseMs, this.#judge.floorMs(command.accountId))
        return this.#command(command, now + restMs)
      }, startMs),
    )
    return Math.max(startMs, ...ends)
  }

  #command(command: PlannedCommand, startMs: number): number {
    const work: Work = { ...command, taskId: null, usesAccount: usesAccount(command.kind) }
    const { actions } = kindOf(this.#params)
    let now = startMs
    let left = this.#named(command.itemIds)
    while (left.length > 0) {
      const hold = this.#judge.hold(work, now)
      if (hold?.untilMs === null) {
        for (const item of left) this.skip(item, hold)
        return now
      }
      if (hold) {
        now = hold.untilMs
        continue
      }
      const admitted = left.filter((item) => this.#admits(work, item, now))
      left = []
      for (const [at, item] of admitted.entries()) {
        if (at > 0) now += command.itemPauseMs
        // Quiet hours that begin meanwhile send the rest back.
        if (this.#judge.hold(work, now)) {
          left = admitted.slice(at)
          for (const one of left) this.#judge.takeBack(one)
          break
        }
        now += actions[item.action]?.expectedMs ?? 0
        this.sent.add(item.id)
      }
    }
    return now
  }

  #admits(work: Work, item: ForecastItem, now: number): boolean {
    const refusal = this.#judge.refusal(work, item, now)
    if (refusal) this.skip(item, refusal)
    return refusal === undefined
  }

  #named(itemIds: readonly number[]): ForecastItem[] {
    return itemIds.flatMap((id) => this.#items.get(id) ?? [])
  }
}
