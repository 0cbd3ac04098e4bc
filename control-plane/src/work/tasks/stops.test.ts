import test, { type ExecutionContext } from 'ava'
import { rows } from '../../infra/database/table.ts'
import { MusterError } from '../../infra/errors.ts'
import { PlaneParts } from '../../../../test/support/plane-parts.ts'
import {
  AWAY,
  BACK,
  ENDS,
  FINAL,
  operate,
  OPERATIONS,
  SITUATIONS,
  type Act,
  type Operation,
  type Stage,
  type Step,
} from '../../../../test/support/stop-cases.ts'

type Situation = keyof typeof ENDS
type Stages = ReadonlyMap<Operation, Stage>

/** A task with a phone of its own for each operation, brought into the situation. */
async function stagesOf(parts: PlaneParts, situation: readonly Step[], operations: readonly Operation[]) {
  const stages = new Map<Operation, Stage>()
  for (const operation of operations) stages.set(operation, { parts, phone: await parts.phone(), taskId: 0 })
  await play(parts, stages, situation)
  return stages
}

async function play(parts: PlaneParts, stages: Stages, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if (typeof step === 'number') await parts.pass(step)
    else {
      await Promise.all([...stages.values()].map(async (stage) => await step(stage)))
      await parts.settled()
    }
  }
}

/** @param killed the plane dies at the first commit of each operation */
async function operateOn(parts: PlaneParts, stages: Stages, killed: boolean): Promise<void> {
  const most = Math.max(...[...stages.keys()].map((operation) => OPERATIONS[operation].length))
  for (let nth = 0; nth < most; nth++) {
    const works = [...stages].flatMap(([operation, stage]) => {
      const act: Act | undefined = OPERATIONS[operation][nth]
      return act ? [async () => await act(stage)] : []
    })
    if (killed) await parts.killedAfterCommit(works)
    else for (const work of works) await work()
    await parts.settled()
  }
}

/** Task and items, as the table says them. */
async function endOf({ parts, taskId }: Stage): Promise<string> {
  const { status } = await parts.taskRow(taskId)
  const items = await parts.items(taskId)
  return [status, ...items.map((item) => item.status.toLowerCase() + (item.provisional ? '?' : ''))].join(' ')
}

/** What was done is said to be done, and was done once. */
async function judge(t: ExecutionContext, operation: Operation, { parts, phone, taskId }: Stage): Promise<void> {
  t.is(new Set(phone.effects).size, phone.effects.length, `${operation}: once each`)
  t.deepEqual(phone.refused, [], `${operation}: every result is taken`)
  if (operation === 'delete device') return
  const said = (await parts.items(taskId)).filter(({ status }) => status === 'SUCCEEDED').map(({ id }) => String(id))
  t.deepEqual(new Set(said), new Set(phone.effects), `${operation}: what was done is SUCCEEDED, and nothing else`)
}

let parts: PlaneParts
test.before(async () => {
  parts = await PlaneParts.open()
})
test.after.always(async () => await parts.close())

for (const situation of Object.keys(ENDS) as Situation[]) {
  const ends = Object.entries(ENDS[situation]) as [Operation, readonly [string, string?]][]
  const listed = ends.map(([operation]) => operation)

  for (const killed of [false, true]) {
    const plane = killed ? 'under a plane that is killed at its commit' : 'when the phone is back'
    test.serial(`what the operator says of a task that ${situation} is done ${plane}`, async (t) => {
      const stages = await stagesOf(parts, SITUATIONS[situation], listed)
      await operateOn(parts, stages, killed)
      const written = new Map(
        await Promise.all(FINAL.map(async (one) => [one, await writes(stages.get(one))] as const)),
      )
      await play(parts, stages, BACK)
      for (const [operation, [back]] of ends) {
        const stage = stages.get(operation)
        if (!stage) continue
        t.is(await endOf(stage), back, operation)
        await judge(t, operation, stage)
        if (FINAL.includes(operation))
          t.is(await writes(stage), written.get(operation) ?? 0, `${operation}: not written again`)
      }
      const paused = new Map([...stages].filter(([operation]) => operation === 'pause'))
      await play(parts, paused, [operate('resume'), ...BACK])
      for (const [operation, stage] of paused) {
        t.is(await endOf(stage), 'COMPLETED succeeded succeeded', `${operation}, and resumed`)
        await judge(t, operation, stage)
      }
    })
  }

  const alone = ends.filter(([, [, away]]) => away !== undefined)
  if (alone.length > 0)
    test.serial(`a task that ${situation} is not stuck when the phone stays away`, async (t) => {
      const stages = await stagesOf(
        parts,
        SITUATIONS[situation],
        alone.map(([operation]) => operation),
      )
      await operateOn(parts, stages, false)
      await play(parts, stages, AWAY)
      for (const [operation, [, away]] of alone) {
        const stage = stages.get(operation)
        if (stage) t.is(await endOf(stage), away ?? '', operation)
      }
    })
}

test.serial('what does not fit the state of a task is refused and changes nothing', async (t) => {
  for (const [situation, ends] of Object.entries(ENDS)) {
    const [stage] = (await stagesOf(parts, SITUATIONS[situation as Situation], ['reject'])).values()
    if (!stage) continue
    const before = await endOf(stage)
    for (const operation of Object.keys(OPERATIONS) as Operation[]) {
      const [act, more]: readonly Act[] = OPERATIONS[operation]
      if (!act || more || operation in ends) continue
      const refused = await t.throwsAsync(async () => await act(stage), { instanceOf: MusterError })
      t.is(refused?.code, 'CONFLICT', `${situation}: ${operation}`)
      t.is(await endOf(stage), before, `${situation}: ${operation}`)
    }
  }
})

/** How often the task's commands were written to a phone. */
async function writes(stage: Stage | undefined): Promise<number> {
  if (!stage) return 0
  const { commands } = stage.parts.db.models
  return (await rows(commands, { where: { taskId: stage.taskId } })).reduce((sum, { attempt }) => sum + attempt, 0)
}
