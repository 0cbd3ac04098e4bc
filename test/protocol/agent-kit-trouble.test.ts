import test from 'ava'
import { ResumeAction } from '@muster/proto'
import { Journal, systemClock } from '@muster/sdk/agent'
import { FakeClock } from '../support/fake-clock.ts'
import { ack, command, kitBench } from '../support/kit-bench.ts'
import { momentCommand } from '../support/scripted-gateway.ts'

test('Hello says also what was still being taken in when the stream broke', async (t) => {
  const { start, connected, gateway, taps } = await kitBench(t)
  const checking = Promise.withResolvers<void>()
  const checked = Promise.withResolvers<undefined>()
  const check = async () => {
    checking.resolve()
    return await checked.promise
  }
  await start({ check })
  const session = await connected()
  session.say(command(momentCommand('c1')))
  await checking.promise
  session.cut()
  await session.ended
  checked.resolve(undefined)
  const back = await gateway.session()
  t.deepEqual(
    back.hello.inFlight.map(({ commandId }) => commandId),
    ['c1'],
  )
  back.welcome([{ commandId: 'c1', action: ResumeAction.GO_ON }])
  t.is((await back.next('result')).commandId, 'c1')
  t.deepEqual(taps, ['item of c1'])
})

test('a check that breaks down puts its command off, and loses none that came with it', async (t) => {
  const { start, connected } = await kitBench(t)
  let checks = 0
  const check = async () => {
    if (++checks === 1) throw new Error('the screen is gone')
    return undefined
  }
  await start({ check })
  const session = await connected()
  session.say(command(momentCommand('c1')), command(momentCommand('c2')))
  const { commandId, code, reason } = await session.next('notNow')
  t.deepEqual([commandId, code, reason], ['c1', 'APP_NOT_READY', 'the screen is gone'])
  t.is((await session.next('result')).commandId, 'c2')
})

test('the time to deliver runs on while a command waits to be taken in', async (t) => {
  const { start, connected, taps } = await kitBench(t)
  const clock = new FakeClock()
  const check = async () => {
    clock.advance(1001)
    return undefined
  }
  await start({ check, clock: clock.forAgent() })
  const session = await connected()
  session.say(command(momentCommand('c1', { deliverWithinMs: 1000 })))
  const rejected = await session.next('rejected')
  t.deepEqual([rejected.commandId, rejected.code], ['c1', 'DELIVERY_EXPIRED'])
  t.deepEqual(taps, [])
})

test('a handler that does not end when its time is over ends the agent, so that another life can have the phone', async (t) => {
  const { start, connected, release } = await kitBench(t)
  const clock = new FakeClock()
  const agent = await start({ ignoresSignal: true, clock: clock.forAgent() })
  const session = await connected()
  session.say(command(momentCommand('c1', { maxRunMs: 5000 })))
  await session.next('started')
  clock.advance(5000 + 60_000)
  t.regex((await agent.failed).message, /c1 does not end/)
  release()
})

test('a command in the journal that an older agent does not know ends UNSUPPORTED, and the next one is run', async (t) => {
  const { start, connected, directory } = await kitBench(t)
  const journal = await Journal.open(directory, systemClock)
  await journal.received([momentCommand('c1', { payload: undefined }), momentCommand('c2')])
  await journal.close()
  await start()
  const session = await connected([
    { commandId: 'c1', action: ResumeAction.GO_ON },
    { commandId: 'c2', action: ResumeAction.GO_ON },
  ])
  const first = await session.next('result')
  t.deepEqual([first.commandId, first.status, first.code], ['c1', 'COMMAND_STATUS_FAILED', 'UNSUPPORTED'])
  // Said by the resume and, where that came first, by the run too.
  let next = await session.next('result')
  while (next.commandId === 'c1') next = await session.next('result')
  t.is(next.commandId, 'c2')
})

test('streams that break right after their Welcome are opened ever later; one that did its work begins anew', async (t) => {
  const { start, connected } = await kitBench(t)
  const lines: string[] = []
  await start({ lines })
  for (let count = 0; count < 3; count++) (await connected()).cut()
  const session = await connected()
  session.say(command(momentCommand('c1')))
  await session.next('result')
  session.say(ack('c1'), command(momentCommand('c2')))
  // Answered in order: once this result is here, the ack was heard.
  await session.next('result')
  session.cut()
  await connected([{ commandId: 'c2', action: ResumeAction.SEND_RESULT }])
  const waits = lines.map((line) => (JSON.parse(line) as { waitMs?: number }).waitMs ?? 0).filter((ms) => ms > 0)
  t.deepEqual(waits, [1, 2, 4, 1])
})
