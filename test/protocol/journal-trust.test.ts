import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { pino } from 'pino'
import { CommandLevel, CommandStatus, ItemStatus, type Command, type Hello, type ItemOutcome } from '@muster/proto'
import { runItems, startAgent, type RunningAgent } from '@muster/sdk/agent'
import { itemIdsIn, succeeded, type RawAgent } from '../support/raw-agent.ts'
import { sharedTestPlane, type TestPlane } from '../support/test-plane.ts'
import { messageTaskFor } from '../support/plane-tasks.ts'

const shared = sharedTestPlane(test)
const statuses = async (plane: TestPlane, taskId: number) => (await plane.items(taskId)).map(({ status }) => status)

const outcome = (itemId: string | undefined, status: ItemStatus): ItemOutcome => ({
  itemId: itemId ?? '',
  status,
  code: '',
  reason: '',
  evidenceId: '',
  atUnixMs: 0,
})

/** A Hello that holds a started command and knows of these of its items. */
const holding = (command: Command, items: ItemOutcome[] = []): Partial<Hello> => ({
  inFlight: [{ commandId: command.commandId, level: CommandLevel.STARTED, items }],
})

/** A phone in its second session that has begun a message to three; what it says of them is said. */
async function begun(plane: TestPlane, name: string, said: readonly ItemStatus[]) {
  const agent = await plane.enrol(name)
  const first = await agent.connect()
  const session = await agent.connect({ lastEpoch: first.epoch })
  const taskId = await messageTaskFor(plane, agent, [`${name} 1`, `${name} 2`, `${name} 3`])
  const command = await session.next('command')
  const { commandId } = command
  session.say({ $case: 'received', value: { commandIds: [commandId] } })
  session.say({ $case: 'started', value: { commandId } })
  const ids = itemIdsIn(command)
  for (const [index, status] of said.entries()) {
    const itemId = ids[index] ?? ''
    const value = { commandId, itemId, step: '', checkpoint: '', outcome: outcome(itemId, status), page: undefined }
    session.say({ $case: 'progress', value })
  }
  await session.heard()
  await session.cut()
  return { agent, session, taskId, command, ids, before: first.epoch - 1 }
}

type Begun = Awaited<ReturnType<typeof begun>>

/** Comes back; answers the word of the plane, after the phone said that it ended what it was told to end. */
async function back(agent: RawAgent, { command }: Begun, hello: Partial<Hello>): Promise<string | undefined> {
  const session = await agent.connect({ ...holding(command), ...hello })
  const word = session.welcome?.resume[0]?.action
  if (word !== 'RESUME_ACTION_CANCEL') return word
  const items = itemIdsIn(command).map((itemId) => outcome(itemId, ItemStatus.CANCELLED))
  session.say(succeeded(command, { status: CommandStatus.CANCELLED, items }))
  await session.next('resultAck')
  return word
}

const { SUCCEEDED, RUNNING } = ItemStatus

test.serial('a journal with an older epoch does not go on with what it holds', async (t) => {
  const one = await begun(shared(), 'older', [SUCCEEDED, RUNNING])
  t.is(await back(one.agent, one, { lastEpoch: one.before }), 'RESUME_ACTION_CANCEL')
  t.deepEqual(await statuses(shared(), one.taskId), ['SUCCEEDED', 'UNKNOWN_EFFECT', 'UNKNOWN_EFFECT'])
})

test.serial('another journal does not go on with what it holds', async (t) => {
  const one = await begun(shared(), 'other', [])
  t.is(await back(one.agent, one, { lastEpoch: one.session.epoch, journalId: 'j2' }), 'RESUME_ACTION_CANCEL')
  t.deepEqual(await statuses(shared(), one.taskId), ['UNKNOWN_EFFECT', 'UNKNOWN_EFFECT', 'UNKNOWN_EFFECT'])
})

test.serial('a backup of the same session is known by what it forgot, and its own outcomes still count', async (t) => {
  const one = await begun(shared(), 'same', [SUCCEEDED, RUNNING])
  const restored = holding(one.command, [outcome(one.ids[0], SUCCEEDED)])
  t.is(await back(one.agent, one, { lastEpoch: one.session.epoch, ...restored }), 'RESUME_ACTION_CANCEL')
  t.deepEqual(await statuses(shared(), one.taskId), ['SUCCEEDED', 'UNKNOWN_EFFECT', 'UNKNOWN_EFFECT'])
})

test.serial('a journal that knows all it said goes on', async (t) => {
  const one = await begun(shared(), 'whole', [SUCCEEDED, RUNNING])
  const items = [outcome(one.ids[0], SUCCEEDED), outcome(one.ids[1], RUNNING)]
  const word = await back(one.agent, one, { lastEpoch: one.session.epoch, ...holding(one.command, items) })
  t.is(word, 'RESUME_ACTION_GO_ON')
  t.deepEqual(await statuses(shared(), one.taskId), ['SUCCEEDED', 'RUNNING', 'DISPATCHED'])
})

test.serial('what was held under another account than the phone shows ends without it', async (t) => {
  const one = await begun(shared(), 'switched', [SUCCEEDED, RUNNING])
  const items = [outcome(one.ids[0], SUCCEEDED), outcome(one.ids[1], RUNNING)]
  const account = { wechatId: 'wxid_somebody', nickname: '', loggedIn: true, appVersion: '', uiTree: '' }
  const hello = { lastEpoch: one.session.epoch, account, ...holding(one.command, items) }
  t.is(await back(one.agent, one, hello), 'RESUME_ACTION_CANCEL')
  t.deepEqual(await statuses(shared(), one.taskId), ['SUCCEEDED', 'UNKNOWN_EFFECT', 'CANCELLED'])
})

/** An agent of the kit whose last taps are counted; it calls `beforeTap` before each. */
async function kitAgent(
  plane: TestPlane,
  agent: RawAgent,
  directory: string,
  steps: { begin(): void; beforeTap(tap: number): Promise<void>; tap(itemId: string): void },
): Promise<RunningAgent> {
  let tap = 0
  return await startAgent({
    identity: agent.identity,
    address: plane.grpcAddress,
    directory,
    agentVersion: '0.0.0',
    device: { name: agent.name, type: 'ANDROID', model: 'raw', osVersion: '14', emulated: true },
    handlers: {
      sendMessages: {
        run: async ({ items }, context) => {
          steps.begin()
          const effect = (itemId: string) => ({
            spend: 'messages' as const,
            parts: 1,
            prepare: async () => await steps.beforeTap(++tap),
            commit: async () => steps.tap(itemId),
            confirm: async () => 'done' as const,
            probe: async () => 'done' as const,
            readBaseline: () => undefined,
          })
          await runItems(
            context,
            items.map(({ itemId }) => ({ itemId, effect: () => effect(itemId) })),
          )
        },
      },
    },
    log: pino({ level: 'silent' }),
    describe: async () => {
      return { wechatId: `wxid_${agent.name}`, nickname: '', loggedIn: true, appVersion: '', uiTree: 'full' }
    },
    backoff: { firstMs: 1, longestMs: 5 },
  })
}

/** A kit agent that has sent one of three messages and prepares the second, and its journal from before the first. */
async function halfSent(t: ExecutionContext, plane: TestPlane, name: string) {
  const dir = mkdtempSync(join(tmpdir(), 'muster-test-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const [journal, backup] = [join(dir, 'agent', 'journal.jsonl'), join(dir, 'backup.jsonl')]
  const taps: string[] = []
  const second = Promise.withResolvers<void>()
  const hold = Promise.withResolvers<void>()
  const agent = await plane.enrol(name)
  await (await agent.connect()).cut()
  const kit = await kitAgent(plane, agent, join(dir, 'agent'), {
    begin: () => cpSync(journal, backup),
    beforeTap: async (tap) => {
      if (tap < 2) return
      second.resolve()
      await hold.promise
    },
    tap: (itemId) => void taps.push(itemId),
  })
  const taskId = await messageTaskFor(plane, agent, [`${name} 1`, `${name} 2`, `${name} 3`])
  await second.promise
  const stopped = kit.stop()
  hold.resolve()
  await stopped
  const again = async (): Promise<void> => {
    const tap = (itemId: string) => void taps.push(itemId)
    const later = await kitAgent(plane, agent, join(dir, 'agent'), {
      begin: () => undefined,
      beforeTap: async () => undefined,
      tap,
    })
    t.teardown(async () => await later.stop())
  }
  return { journal, backup, taps, taskId, again }
}

test.serial('the kit with its own journal goes on where it stopped and sends each message once', async (t) => {
  const { taps, taskId, again } = await halfSent(t, shared(), 'kit')
  await again()
  t.is(await shared().finished(taskId), 'COMPLETED')
  t.is(new Set(taps).size, taps.length)
})

test.serial('the kit with a journal from before the first message sends none again', async (t) => {
  const { journal, backup, taps, taskId, again } = await halfSent(t, shared(), 'restored')
  cpSync(backup, journal)
  await again()
  t.is(await shared().finished(taskId), 'PARTIAL')
  t.deepEqual(await statuses(shared(), taskId), ['SUCCEEDED', 'UNKNOWN_EFFECT', 'UNKNOWN_EFFECT'])
  t.is(taps.length, 1)
})
