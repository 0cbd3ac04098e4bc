import type { Change } from './model.ts'

/** Under this name a later change takes the place of an earlier one. What happened between people has none. */
function nameOf(change: Change): string | undefined {
  if (change.t === 'draft') return JSON.stringify([change.t, change.account, change.chat])
  if (change.t === 'contact') return JSON.stringify(['contact', change.account, change.contact.id])
  return change.t === 'contact-gone' ? JSON.stringify(['contact', change.account, change.id]) : undefined
}

/** Leaves nothing behind under its name. */
const ends = (change: Change): boolean => change.t === 'contact-gone' || (change.t === 'draft' && change.text === '')

/** Counts the changes of a log that still say something, and those that do not. */
export class Tally {
  #history = 0
  #all = 0
  readonly #named = new Set<string>()

  constructor(changes: readonly Change[]) {
    for (const change of changes) this.add(change)
  }

  add(change: Change): void {
    this.#all++
    const name = nameOf(change)
    if (name === undefined) this.#history++
    else if (ends(change)) this.#named.delete(name)
    else this.#named.add(name)
  }

  get living(): number {
    return this.#history + this.#named.size
  }

  get superseded(): number {
    return this.#all - this.living
  }
}

/** Fewer changes that make the same world. A contact keeps its place in the list when it is changed. */
export function withoutSuperseded(changes: readonly Change[]): Change[] {
  const kept: (Change | undefined)[] = []
  const places = new Map<string, number>()
  for (const change of changes) {
    const name = nameOf(change)
    const place = name === undefined ? undefined : places.get(name)
    if (ends(change)) {
      if (place !== undefined) kept[place] = undefined
      if (name !== undefined) places.delete(name)
    } else if (place !== undefined) kept[place] = change
    else {
      if (name !== undefined) places.set(name, kept.length)
      kept.push(change)
    }
  }
  return kept.filter((change) => change !== undefined)
}
