import test from 'ava'
import { Command, type ConnectResponse } from '@muster/proto'
import { Session, type SessionStream } from './session.ts'

/** A session on a stream that takes the next message only when told to; each message as the frames in it. */
function slowSession() {
  const messages: string[][] = []
  let sent: (() => void) | undefined
  const stream = {
    write: ({ frames }: ConnectResponse, done?: () => void) => {
      messages.push(
        frames.map(({ frame }) => (frame?.$case === 'command' ? frame.value.commandId : String(frame?.$case))),
      )
      sent = done
    },
    end: () => undefined,
  }
  const facts = { deviceId: 1, accountId: null, wechatId: '', epoch: 1, bootId: 'b', serial: 's', credits: 64 }
  const session = new Session(stream as unknown as SessionStream, facts, 0)
  const next = async (): Promise<string[] | undefined> => {
    await Promise.resolve()
    sent?.()
    return messages.shift()
  }
  const command = (commandId: string, bytes: number) => session.sendCommand(Command.fromPartial({ commandId }), bytes)
  return { session, command, next }
}

const KIB = 1024

test('commands share a message up to its size, and one that is larger goes alone', async (t) => {
  const { command, next } = slowSession()
  for (const [id, bytes] of [
    ['a', 600],
    ['b', 300],
    ['c', 300],
    ['d', 5000],
    ['e', 1],
  ] as const)
    command(id, bytes * KIB)
  t.deepEqual(await next(), ['a', 'b'])
  t.deepEqual(await next(), ['c'])
  t.deepEqual(await next(), ['d'])
  t.deepEqual(await next(), ['e'])
  t.is(await next(), undefined)
})

test('a cancel overtakes the commands that wait, and does not make their message too large', async (t) => {
  const { session, command, next } = slowSession()
  for (const id of ['a', 'b', 'c']) command(id, 700 * KIB)
  await Promise.resolve()
  session.send({ $case: 'cancel', value: { commandId: 'c', itemIds: [], code: 'CANCELLED', reason: '' } })
  t.deepEqual(await next(), ['a'])
  t.deepEqual(await next(), ['cancel', 'b'])
  t.deepEqual(await next(), ['c'])
})
