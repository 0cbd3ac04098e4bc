/** Places where a test kills the plane: before and after every commit that moves a command or a task on. */
export const PLANE_FAULT_POINTS = [
  'task.create.before',
  'task.create.after',
  'task.plan.before',
  'task.plan.after',
  'hello.accept.before',
  'hello.accept.after',
  'dispatch.claim.before',
  'dispatch.claim.after',
  'dispatch.write.after',
  'record.commit.before',
  'record.commit.after',
  'record.ack.after',
  'reap.commit.before',
  'reap.commit.after',
  'cancel.commit.before',
  'cancel.commit.after',
  'pause.commit.before',
  'pause.commit.after',
  'resume.commit.before',
  'resume.commit.after',
  'retry.commit.before',
  'retry.commit.after',
  'events.publish.before',
  'events.publish.after',
] as const

export type PlaneFaultPoint = (typeof PLANE_FAULT_POINTS)[number]

/** Called at every fault point; does nothing outside tests. */
export interface FaultPoints {
  hit(point: PlaneFaultPoint): void
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

  hit(point: PlaneFaultPoint): void {
    if (point === this.#name && --this.#left === 0) process.kill(process.pid, 'SIGKILL')
  }
}
