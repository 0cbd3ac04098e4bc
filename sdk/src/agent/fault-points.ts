const STEPS = [
  'command.received',
  'command.accepted',
  'command.started',
  'command.result',
  'item.admit',
  'item.started',
  'item.prepare',
  'item.intent',
  'item.commit',
  'item.confirm',
  'item.done',
  'item.finish',
  'item.probe',
] as const

/** Steps every command goes through in the kit. */
export type KitStep = (typeof STEPS)[number]

/** Places where a test kills the agent: before and after every step of a command. */
export const KIT_FAULT_POINTS: readonly string[] = STEPS.flatMap((step) => [`${step}.before`, `${step}.after`])

/** Called at every fault point; does nothing outside tests. */
export interface FaultPoints {
  hit(point: string): void
}

export const noFaults: FaultPoints = { hit: () => undefined }

/** Kills this process, as `kill -9` would, the n-th time an armed point is reached. */
export class CrashPoint implements FaultPoints {
  #name = ''
  #left = 0

  /** @param text `<point>` or `<point>:<n>`, counted from now; empty for none */
  arm(text: string): void {
    const [name = '', nth = '1'] = text.split(':')
    this.#name = name
    this.#left = Number(nth)
  }

  hit(point: string): void {
    if (point === this.#name && --this.#left === 0) process.kill(process.pid, 'SIGKILL')
  }
}

/** Runs one step between its two fault points. */
export async function step<T>(faults: FaultPoints, name: string, work: () => Promise<T>): Promise<T> {
  faults.hit(`${name}.before`)
  const value = await work()
  faults.hit(`${name}.after`)
  return value
}
