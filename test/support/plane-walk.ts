import test, { type ExecutionContext } from 'ava'
import { PLANE_FAULT_POINTS, type PlaneFaultPoint } from '@muster/control-plane'
import { friendsWithTag, messageTask } from './customers.ts'
import { sharedProduct, type Product } from './product.ts'
import { ALL_POINTS, chance, sampleOf } from './sample.ts'
import type { TaskEvent } from './task-events.ts'
import { worldWhere } from './world.ts'

// A scenario is tried under a plane that kills itself at a point. Should it die, it is started again, the operator does
// again what got no answer, and the end has to be the same as without a crash. All walks of a file share their stage.

const FRIENDS = 3
/** More often than any scenario reaches any point. */
const MOST = 60
/** Deaths of a subject in a sample. */
const SAMPLED = 2
/** The last time a point is reached that a sample draws; `record` is reached 9 times. */
const SAMPLED_TIMES = 9

export interface Stage {
  readonly product: Product
  readonly devices: ReadonlyMap<string, { id: number; wechatId: string }>
  readonly tagId: number
  /** What is done where a point needs nothing else. @default a Moment is published */
  readonly usual?: Scenario
}

export interface Scenario {
  /** What the operator does; repeated from the start after a crash, with the same task name. */
  run(stage: Stage, name: string): Promise<void>
  check(t: ExecutionContext, stage: Stage, name: string): Promise<void>
}

/** The task of that name, if its creation took effect. */
export async function taskNamed(
  { product }: Pick<Stage, 'product'>,
  name: string,
): Promise<{ id: number; status: string } | undefined> {
  const { items } = (await product.ok('GET', '/tasks?size=100')) as {
    items: { id: number; name: string; status: string }[]
  }
  const found = items.filter((task) => task.name === name)
  if (found.length > 1) throw new Error(`${found.length} tasks are named ${name}`)
  return found[0]
}

async function moment(stage: Stage, name: string, phone: string, more: object = {}): Promise<number> {
  const known = await taskNamed(stage, name)
  if (known) return known.id
  const devices = [stage.devices.get(phone)?.id]
  const created = await stage.product.ok('POST', '/wechat/moments/tasks', { name, content: name, devices, ...more })
  return Number(created['taskId'])
}

async function batch(stage: Stage, name: string): Promise<number> {
  const known = await taskNamed(stage, name)
  if (known) return known.id
  const devices = [stage.devices.get('phone-1')?.id ?? 0]
  const more = { name, intervalSeconds: 1 }
  return await messageTask(stage.product, { text: name, tagId: stage.tagId, devices, more })
}

/** An operation the operator repeats only while the task has not got there. */
async function operate(stage: Stage, name: string, verb: string, until: readonly string[]): Promise<void> {
  const task = await taskNamed(stage, name)
  if (!task || until.includes(task.status)) return
  const answer = await stage.product.call('POST', `/tasks/${task.id}/${verb}`)
  // Between the look and the call the task may have got there by itself.
  if (answer.status >= 300 && answer.status !== 409) throw new Error(`${verb} answered ${answer.status}: ${answer.msg}`)
}

const momentOf = ({ product }: Stage, name: string) =>
  product.emulator.world().moments.filter(({ text }) => text === name)
const messagesOf = ({ product }: Stage, name: string) =>
  product.emulator.world().messages.filter(({ text }) => text === name)

async function statuses({ product }: Stage, taskId: number): Promise<string[]> {
  return (await product.items(taskId)).map(({ status }) => status)
}

const publish: Scenario = {
  run: async (stage, name) => void (await stage.product.finished(await moment(stage, name, 'phone-1'))),
  check: async (t, stage, name) => {
    t.is(momentOf(stage, name).length, 1)
    t.deepEqual(await statuses(stage, await moment(stage, name, 'phone-1')), ['SUCCEEDED'])
  },
}

/** The phone loses its network for a moment first, so that it says Hello and the plane tells of it. */
const comeBackAnd = (scenario: Scenario): Scenario => ({
  run: async (stage, name) => {
    for (const way of ['offline', 'online']) await stage.product.emulator.dispatch('POST', `/phones/phone-1/${way}`)
    await scenario.run(stage, name)
  },
  check: async (...args) => await scenario.check(...args),
})

const expire: Scenario = {
  run: async (stage, name) => {
    await stage.product.finished(await moment(stage, name, 'phone-2', { deliverWithinSeconds: 1 }))
  },
  check: async (t, stage, name) => {
    const [item] = await stage.product.items(await moment(stage, name, 'phone-2'))
    t.deepEqual([item?.status, item?.code, momentOf(stage, name).length], ['EXPIRED', 'DEVICE_OFFLINE', 0])
  },
}

const cancel: Scenario = {
  run: async (stage, name) => {
    const taskId = await batch(stage, name)
    await worldWhere(stage.product.emulator, 'the first message', () => messagesOf(stage, name).length > 0)
    await operate(stage, name, 'cancel', ['CANCELLED', 'PARTIAL', 'COMPLETED'])
    await stage.product.finished(taskId)
  },
  check: async (t, stage, name) => {
    const ended = await statuses(stage, await batch(stage, name))
    const sent = messagesOf(stage, name)
    t.is(new Set(sent.map(({ to }) => to)).size, sent.length)
    t.is(ended.filter((status) => status === 'SUCCEEDED').length, sent.length)
    t.is(ended.filter((status) => status === 'CANCELLED').length, FRIENDS - sent.length)
  },
}

const pauseAndResume: Scenario = {
  run: async (stage, name) => {
    const taskId = await batch(stage, name)
    await worldWhere(stage.product.emulator, 'the first message', () => messagesOf(stage, name).length > 0)
    await operate(stage, name, 'pause', ['PAUSED', 'COMPLETED'])
    await operate(stage, name, 'resume', ['PROCESSING', 'COMPLETED'])
    await stage.product.finished(taskId)
  },
  check: async (t, stage, name) => {
    t.deepEqual(new Set(await statuses(stage, await batch(stage, name))), new Set(['SUCCEEDED']))
    const sent = messagesOf(stage, name)
    t.deepEqual([sent.length, new Set(sent.map(({ to }) => to)).size], [FRIENDS, FRIENDS])
  },
}

/** What an item was first to be done with, by the name of its task. */
const firstCommands = new Map<string, string | null>()

const retry: Scenario = {
  run: async (stage, name) => {
    const { product } = stage
    const taskId = await moment(stage, name, 'phone-2', { deliverWithinSeconds: 1 })
    const ends = (e: TaskEvent) => e.type === 'task.updated' && e.id === taskId && e.status === 'FAILED'
    const first = await product.events.find('the first end', ends)
    const [item] = await product.items(taskId)
    // It has another command once it was taken up again, so a crash cannot make the operator ask twice.
    if (!firstCommands.has(name)) firstCommands.set(name, item?.commandId ?? null)
    if (item?.commandId === firstCommands.get(name)) await operate(stage, name, 'retry-failed', ['PROCESSING'])
    await product.events.find('the second end', (event) => ends(event) && event.seq > first.seq)
  },
  check: async (t, stage, name) => {
    const [item] = await stage.product.items(await moment(stage, name, 'phone-2'))
    t.deepEqual([item?.status, item?.code, momentOf(stage, name).length], ['EXPIRED', 'DEVICE_OFFLINE', 0])
  },
}

function scenarioFor({ usual = publish }: Stage, point: string): Scenario {
  if (point.startsWith('hello.') || point.startsWith('events.')) return comeBackAnd(usual)
  if (point.startsWith('reap.')) return expire
  if (point.startsWith('cancel.')) return cancel
  if (point.startsWith('pause.') || point.startsWith('resume.')) return pauseAndResume
  if (point.startsWith('retry.')) return retry
  return usual
}

/** Two phones, of which the second has no network. */
async function wechatStage(product: Product): Promise<Stage> {
  const phones = ['phone-1', 'phone-2']
  await Promise.all(phones.map(async (phone) => await product.startAgent(phone)))
  const devices = await product.devices(phones)
  const first = devices.get('phone-1')
  const friends = Array.from({ length: FRIENDS }, (_, index) => ({ id: `wxid_f${index}`, nickname: `朋友${index}` }))
  const { tagId } = await friendsWithTag(product, [first?.id ?? 0], new Map([[first?.wechatId ?? '', friends]]))
  await product.emulator.dispatch('POST', '/phones/phone-2/offline')
  return { product, devices, tagId }
}

/** Runs and checks a scenario under an armed plane; answers whether the plane died. */
async function diesIn(
  t: ExecutionContext,
  stage: Stage,
  scenario: Scenario,
  fault: string,
  name: string,
): Promise<boolean> {
  const { product } = stage
  if ((await product.plane.arm(fault)) !== 'armed') throw new Error('the plane ended without a reason')
  let abandoned = false
  const died = product.plane.ended(120_000).then(() => {
    abandoned = true
    return true
  })
  const ran = scenario
    .run(stage, name)
    .then(async () => {
      // The plane died meanwhile; the next one is judged, by the scenario's next run.
      if (abandoned) return true
      await scenario.check(t, stage, name)
      // What the operator sees may come before the last step behind it.
      return (await product.plane.arm('')) === 'ended'
    })
    .catch(async (error: unknown) => {
      // A call that got no answer: the plane is dead, or will be as soon as the system says so.
      if (/fetch failed|ECONN|socket hang up/.test(String(error))) return await died
      throw error
    })
  return await Promise.race([died, ran])
}

/** Kills the plane at a fault, `<point>:<n>`, and judges what became of it. Answers whether the point was reached. */
async function killAt(t: ExecutionContext, stage: Stage, fault: string, agentToo: boolean): Promise<boolean> {
  const { product } = stage
  const scenario = scenarioFor(stage, fault)
  const name = agentToo ? `${fault} with the agent` : fault
  if (!(await diesIn(t, stage, scenario, fault, name))) return false
  if (agentToo) await product.agents.get('phone-1')?.kill()
  await product.restartPlane()
  if (agentToo) await product.startAgent('phone-1')
  await scenario.run(stage, name)
  await scenario.check(t, stage, name)
  return true
}

/** Lets the plane die each time the point is reached, as each is another transition; answers how often it died. */
async function walkAlone(t: ExecutionContext, stage: Stage, point: PlaneFaultPoint): Promise<number> {
  for (let nth = 1; nth <= MOST; nth++) if (!(await killAt(t, stage, `${point}:${nth}`, false))) return nth - 1
  throw new Error(`${point} is reached more than ${MOST} times`)
}

/** Every point, alone each time that it is reached and once with the agent, whose own points are walked elsewhere. */
async function walkAll(t: ExecutionContext, stage: Stage, points: readonly PlaneFaultPoint[]): Promise<void> {
  for (const point of points) {
    const alone = await walkAlone(t, stage, point)
    const together = await killAt(t, stage, `${point}:1`, true)
    t.log(`${point}: died ${alone} times alone, ${together ? 1 : 0} times with the agent`)
    t.true(alone > 0 && together, 'the scenario reaches the point')
  }
}

/** One of the points alone and one with the agent, the former the first time or, where there are so many, a later one. */
async function walkSample(t: ExecutionContext, stage: Stage, points: readonly PlaneFaultPoint[]): Promise<void> {
  const both = points.flatMap((point) => [false, true].map((agentToo) => ({ point, agentToo })))
  for (const { point, agentToo } of sampleOf(t, both, SAMPLED)) {
    const nth = agentToo ? 1 : 1 + Math.floor(chance(t, point) * SAMPLED_TIMES)
    const faults = nth === 1 ? [nth] : [nth, 1]
    let died = false
    for (const time of faults) died ||= await killAt(t, stage, `${point}:${time}`, agentToo)
    t.true(died, `the scenario reaches ${point}`)
  }
}

/**
 * A test for each subject, walking its points: all of them, or a sample (see `sample.ts`).
 * @param subjects what stands before the first dot of a point
 * @param stageOn brings on the agents; those of phones with WeChat by default
 */
export function walkPlane(subjects: readonly string[], stageOn = wechatStage): void {
  const stage = sharedProduct(test, { phones: 2 }, stageOn)
  for (const subject of subjects) {
    test.serial(
      `killed at every ${subject} point, alone and with the agent, the plane ends what it began`,
      async (t) => {
        t.timeout(600_000)
        const points = PLANE_FAULT_POINTS.filter((point) => point.startsWith(`${subject}.`))
        t.true(points.length > 0)
        await (ALL_POINTS ? walkAll : walkSample)(t, stage(), points)
      },
    )
  }
}
