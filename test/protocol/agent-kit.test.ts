import test from 'ava'
import { Command, ResumeAction } from '@muster/proto'
import { ack, command, items, kitBench } from '../support/kit-bench.ts'
import { momentCommand } from '../support/scripted-gateway.ts'

test('a command goes through every level in order, and its result is repeated until it is acknowledged', async (t) => {
  const { start, connected, taps } = await kitBench(t)
  await start()
  const session = await connected()
  session.say(command(momentCommand('c1')))
  const result = await session.next('result')
  t.deepEqual(items(result), [['ITEM_STATUS_SUCCEEDED', '']])
  const levels = session.seen.map(({ $case }) => $case).filter((kind) => kind !== 'heartbeat' && kind !== 'progress')
  t.deepEqual(levels, ['ready', 'received', 'accepted', 'started', 'result'])
  session.cut()
  const second = await connected([{ commandId: 'c1', action: ResumeAction.SEND_RESULT }])
  t.deepEqual(await second.next('result'), result)
  second.say(ack('c1'))
  second.cut()
  const third = await connected()
  t.deepEqual(third.hello.inFlight, [])
  t.deepEqual(taps, ['item of c1'])
})

test('a command that comes twice takes effect once', async (t) => {
  const { start, connected, taps, release } = await kitBench(t)
  await start({ hold: true })
  const session = await connected()
  session.say(command(momentCommand('c1')), command(momentCommand('c1')))
  session.say(command(momentCommand('c1', { attempt: 2 })))
  await session.next('started')
  release()
  await session.next('result')
  session.say(command(momentCommand('c2')))
  t.is((await session.next('result')).commandId, 'c2')
  t.deepEqual(taps, ['item of c1', 'item of c2'])
})

test('a command that is written again after its result is answered from the journal, also by a later life', async (t) => {
  const { start, connected, taps } = await kitBench(t)
  const agent = await start()
  const session = await connected()
  session.say(command(momentCommand('c1')))
  const result = await session.next('result')
  session.say(command(momentCommand('c1', { attempt: 2 })))
  t.deepEqual(await session.next('result'), result)
  session.say(ack('c1'))
  // Answered in order: once this result is here, the ack was heard.
  session.say(command(momentCommand('c2')))
  await session.next('result')
  await agent.stop()
  await start()
  const again = await connected([{ commandId: 'c2', action: ResumeAction.SEND_RESULT }])
  await again.next('result')
  again.say(command(momentCommand('c1', { attempt: 3 })))
  const answer = await again.next('result')
  t.deepEqual([answer.commandId, answer.status], ['c1', 'COMMAND_STATUS_SUCCEEDED'])
  t.deepEqual(taps, ['item of c1', 'item of c2'])
})

test('a kind of command this agent does not know is refused as UNSUPPORTED, and the next one is run', async (t) => {
  const { start, connected } = await kitBench(t)
  await start()
  const session = await connected()
  // Field 99 of the oneof, as a later version of the protocol would have it.
  const later = Command.decode(
    Buffer.concat([
      Command.encode(momentCommand('c1', { payload: undefined })).finish(),
      Buffer.from([0x9a, 0x06, 0x00]),
    ]),
  )
  session.say(command(later), command(momentCommand('c2')))
  const rejected = await session.next('rejected')
  t.deepEqual([rejected.commandId, rejected.code], ['c1', 'UNSUPPORTED'])
  t.is((await session.next('result')).commandId, 'c2')
})

test('a known kind without a handler is refused as UNSUPPORTED', async (t) => {
  const { start, connected } = await kitBench(t)
  await start()
  const session = await connected()
  const payload = { $case: 'syncContacts' as const, value: { itemId: 'i1' } }
  session.say(command(momentCommand('c1', { payload } as never)))
  const { code, reason } = await session.next('rejected')
  t.is(code, 'UNSUPPORTED')
  t.regex(reason, /syncContacts/)
})

test('a result the plane cannot take is said again in short form', async (t) => {
  const { start, connected } = await kitBench(t)
  await start()
  const session = await connected()
  session.say(command(momentCommand('c1')))
  t.false((await session.next('result')).shortForm)
  session.say(ack('c1', 'RESULT_TOO_LARGE'))
  const short = await session.next('result')
  t.deepEqual([short.commandId, short.shortForm, short.status], ['c1', true, 'COMMAND_STATUS_SUCCEEDED'])
  session.say(ack('c1'))
})

test('a full queue says NotNow and keeps nothing', async (t) => {
  const { start, connected, release, taps } = await kitBench(t)
  await start({ queueSize: 1, hold: true })
  const session = await connected()
  session.say(command(momentCommand('c1')), command(momentCommand('c2')))
  const { commandId, code, retryAfterMs } = await session.next('notNow')
  t.deepEqual([commandId, code], ['c2', 'QUEUE_FULL'])
  t.true(retryAfterMs > 0)
  release()
  t.is((await session.next('result')).commandId, 'c1')
  session.say(ack('c1'), command(momentCommand('c2', { attempt: 2 })))
  t.is((await session.next('result')).commandId, 'c2')
  t.deepEqual(taps, ['item of c1', 'item of c2'])
})

test('a cancel overtakes commands that have not begun, and one that comes before its command holds', async (t) => {
  const { start, connected, release, taps } = await kitBench(t)
  await start({ hold: true })
  const session = await connected()
  const cancel = (commandId: string) => ({
    $case: 'cancel' as const,
    value: { commandId, itemIds: [], code: 'CANCELLED', reason: 'an operator cancelled the task' },
  })
  session.say(command(momentCommand('c1')), command(momentCommand('c2')))
  await session.next('started')
  session.say(cancel('c2'), cancel('c3'))
  const ended = [await session.next('result'), await session.next('result')]
  t.deepEqual(ended.map(({ commandId }) => commandId).sort(), ['c2', 'c3'])
  session.say(command(momentCommand('c3')))
  t.is((await session.next('result')).commandId, 'c3')
  session.say(cancel('c1'), cancel('c4'))
  // Taken in after the one before it.
  t.is((await session.next('result')).commandId, 'c4')
  release()
  const first = await session.next('result')
  t.deepEqual([first.commandId, items(first)], ['c1', [['ITEM_STATUS_CANCELLED', 'CANCELLED']]] as never)
  t.deepEqual(taps, [])
})

test('what the plane ended while there was no session is not begun', async (t) => {
  const { start, connected, release, taps } = await kitBench(t)
  await start({ hold: true })
  const session = await connected()
  session.say(command(momentCommand('c1')))
  await session.next('started')
  session.cut()
  const back = await connected([{ commandId: 'c1', action: ResumeAction.CANCEL }])
  release()
  t.deepEqual(items(await back.next('result')), [['ITEM_STATUS_CANCELLED', 'CANCELLED']])
  t.deepEqual(taps, [])
})

test('an item that was stopped while there was no session is not done when the command goes on', async (t) => {
  const { start, connected, gateway, release, taps } = await kitBench(t)
  await start({ hold: true })
  const session = await connected()
  session.say(command(momentCommand('c1')))
  await session.next('started')
  session.cut()
  const back = await gateway.session()
  const reason = 'the customer opted out'
  const cancel = { commandId: 'c1', itemIds: ['item of c1'], code: 'OPTED_OUT', reason }
  back.welcome([{ commandId: 'c1', action: ResumeAction.GO_ON }], {}, [cancel])
  await back.next('ready')
  release()
  t.deepEqual(items(await back.next('result')), [['ITEM_STATUS_SKIPPED', 'OPTED_OUT']])
  t.deepEqual(taps, [])
})

test('after a restart nothing is begun before the plane has said to go on', async (t) => {
  const { start, connected, gateway, release, taps } = await kitBench(t)
  const agent = await start({ hold: true })
  const session = await connected()
  session.say(command(momentCommand('c1')))
  await session.next('started')
  const stopped = agent.stop()
  release()
  await stopped
  await start()
  const back = await gateway.session()
  t.deepEqual(
    back.hello.inFlight.map(({ commandId, level }) => [commandId, level]),
    [['c1', 'COMMAND_LEVEL_STARTED']],
  )
  t.deepEqual(taps, [])
  back.welcome([{ commandId: 'c1', action: ResumeAction.GO_ON }])
  t.deepEqual(items(await back.next('result')), [['ITEM_STATUS_SUCCEEDED', '']])
  t.deepEqual(taps, ['item of c1'])
})

test('the phone holds the caps itself, whatever the plane sends', async (t) => {
  const { start, gateway, taps } = await kitBench(t)
  await start()
  const session = await gateway.session()
  session.welcome([], { posts: 1 })
  session.say(command(momentCommand('c1')), command(momentCommand('c2')))
  t.deepEqual(items(await session.next('result')), [['ITEM_STATUS_SUCCEEDED', '']])
  t.deepEqual(items(await session.next('result')), [['ITEM_STATUS_SKIPPED', 'BUDGET_SPENT']])
  t.deepEqual(taps, ['item of c1'])
})

test('the phone of a stopped account does nothing', async (t) => {
  const { start, gateway, taps } = await kitBench(t)
  await start()
  const session = await gateway.session()
  session.welcome([], { stopped: true })
  session.say(command(momentCommand('c1')))
  t.deepEqual(items(await session.next('result')), [['ITEM_STATUS_FAILED', 'RISK_CONTROL']])
  t.deepEqual(taps, [])
})

test('an agent that is told to come back later does so, with the epoch it had', async (t) => {
  const { start, connected } = await kitBench(t)
  await start()
  const session = await connected()
  session.say({ $case: 'drain', value: { retryAfterMs: 1 } })
  session.cut()
  const second = await connected()
  t.is(second.hello.lastEpoch, session.epoch)
  t.is(second.hello.journalId, session.hello.journalId)
  t.is(second.hello.bootId, session.hello.bootId)
})
