/** A customer that could get a message, with the device of its account. */
export interface Candidate {
  readonly id: number
  readonly wechatId: string | null
  readonly deviceId: number
  readonly lastSentAt: number | null
}

/**
 * One send per person: where several accounts know the same WeChat id, the one that wrote to it last does, else the
 * device with the least to do.
 */
export function oneDevicePerPerson<C extends Candidate>(candidates: readonly C[]): C[] {
  const load = new Map<number, number>()
  const people = Map.groupBy(candidates, (candidate) => candidate.wechatId ?? `customer ${candidate.id}`)
  return [...people.values()].flatMap((same) => {
    const [first, ...others] = same
    if (!first) return []
    const chosen = others.reduce((best, other) => (better(other, best, load) ? other : best), first)
    load.set(chosen.deviceId, (load.get(chosen.deviceId) ?? 0) + 1)
    return [chosen]
  })
}

function better(one: Candidate, other: Candidate, load: ReadonlyMap<number, number>): boolean {
  const [a, b] = [one.lastSentAt ?? 0, other.lastSentAt ?? 0]
  return a === b ? (load.get(one.deviceId) ?? 0) < (load.get(other.deviceId) ?? 0) : a > b
}
