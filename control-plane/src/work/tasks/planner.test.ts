import test from 'ava'
import fc from 'fast-check'
import { Visibility } from '@muster/proto'
import { FINAL_TASK, mayDo, rollUp, type ItemCounts } from './lifecycle.ts'
import { OPEN_ITEM } from '../../infra/database/tables/tasks.ts'
import { ITEM_STATUSES, TASK_STATUSES } from '../../infra/database/tables/tasks.ts'
import { encodeCommand } from '../../fleet/commands/new-command.ts'
import type { PlannableItem } from './kinds/kind.ts'
import type { MessageParams, MessagePayload } from './kinds/message/params.ts'
import type { MomentsParams } from './kinds/moments/params.ts'
import { planCommands } from './planner.ts'

const counts = fc.dictionary(fc.constantFrom(...ITEM_STATUSES), fc.integer({ min: 1, max: 5 }), { minKeys: 1 })

test('a task ends exactly when no item is open, and is COMPLETED only when all succeeded', (t) => {
  fc.assert(
    fc.property(counts, fc.boolean(), (some, cancelled) => {
      const status = rollUp('PROCESSING', some as ItemCounts, cancelled)
      const open = OPEN_ITEM.some((one) => some[one])
      if (open) return status === 'PROCESSING'
      if (!FINAL_TASK.includes(status)) return false
      return (status === 'COMPLETED') === (!cancelled && Object.keys(some).every((one) => one === 'SUCCEEDED'))
    }),
  )
  t.pass()
})

test('what has not started is not moved by its items', (t) => {
  for (const status of ['DRAFT', 'IN_REVIEW', 'SCHEDULED'] as const)
    t.is(rollUp(status, { PENDING: 3, SUCCEEDED: 1 }, false), status)
  t.is(rollUp('PAUSED', { PENDING: 1 }, false), 'PAUSED')
})

test('a task that has ended can be neither paused, resumed nor cancelled', (t) => {
  for (const status of TASK_STATUSES.filter((one) => FINAL_TASK.includes(one)))
    for (const verb of ['pause', 'resume', 'cancel', 'approve', 'reject'] as const) t.false(mayDo(verb, status))
})

const params = (batchSize: number, intervalSeconds: number, batchPauseSeconds = 60) =>
  ({
    kind: 'MESSAGE',
    batchSize,
    intervalSeconds,
    batchPauseSeconds,
    template: { type: 'TEXT', materials: [] },
  }) as unknown as MessageParams

const sendItem = (id: number, deviceId: number): PlannableItem<MessagePayload> => ({
  id,
  deviceId,
  accountId: deviceId,
  status: 'PENDING',
  action: 'SEND',
  payload: {
    action: 'SEND',
    text: 'hi',
    receiver: { kind: 'CONTACT', wechatId: `w${id}`, nickname: '', remark: '', memberCount: 0 },
  } as never,
})

test('every receiver is in exactly one command of its own device, in order, in batches no larger than asked and no closer than the pace', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 0, max: 9 }),
      fc.integer({ min: 0, max: 20 }),
      (devices, batchSize, floorSeconds, pauseSeconds) => {
        const items = devices.map((deviceId, index) => sendItem(index + 1, deviceId))
        const { commands } = planCommands(params(batchSize, 3, pauseSeconds), items, () => floorSeconds * 1000)
        const planned = commands.flatMap(({ itemIds }) => itemIds)
        if (planned.length !== items.length || new Set(planned).size !== items.length) return false
        return [...Map.groupBy(commands, ({ deviceId }) => deviceId)].every(([deviceId, mine]) => {
          const ids = mine.flatMap(({ itemIds }) => itemIds)
          const own = items.filter((item) => item.deviceId === deviceId).map(({ id }) => id)
          return (
            ids.join() === own.join() &&
            mine.every(({ position, itemIds, pauseMs, payload }, index) => {
              const pace = payload.$case === 'sendMessages' ? payload.value.pace : undefined
              return (
                position === index &&
                itemIds.length <= batchSize &&
                pauseMs === (index === 0 ? 0 : Math.max(pauseSeconds, 3, floorSeconds) * 1000) &&
                (pace?.intervalMs ?? 0) >= floorSeconds * 1000
              )
            })
          )
        })
      },
    ),
  )
  t.pass()
})

test('a message without text is never built; its receiver is named instead', (t) => {
  const [full, empty] = [sendItem(1, 1), sendItem(2, 1)]
  const textless = { ...empty, payload: { ...empty.payload, text: null } as never }
  const { commands, unplanned } = planCommands(params(50, 0), [full, textless], () => 0)
  t.deepEqual(
    commands.flatMap(({ itemIds }) => itemIds),
    [1],
  )
  t.deepEqual(
    unplanned.map(({ itemId, code }) => [itemId, code]),
    [[2, 'MISSING_VARIABLE']],
  )
})

test('a Moment hidden from nobody of an account is for all; one shown to nobody of it is not published', (t) => {
  const friend = { wechatId: 'w', nickname: 'n', remark: '', isGroup: false, memberCount: 0 }
  const moment = (visibleTo: string) =>
    ({
      kind: 'MOMENTS',
      content: 'x',
      images: [],
      visibleTo,
      audience: { 1: [friend], 2: [] },
    }) as unknown as MomentsParams
  const publish = (id: number, accountId: number | null): PlannableItem => ({
    ...sendItem(id, id),
    accountId,
    action: 'PUBLISH',
    payload: { action: 'PUBLISH' },
  })
  const items = [publish(1, 1), publish(2, 2), publish(3, null)]
  const plan = (visibleTo: string) => {
    const { commands, unplanned } = planCommands(moment(visibleTo), items, () => 0)
    const shown = commands.map(({ payload }) =>
      payload.$case === 'publishMoment' ? [payload.value.visibility, payload.value.audience.length] : [],
    )
    return { shown, left: unplanned.map(({ itemId, code }) => [itemId, code]) }
  }
  const [two, three] = [2, 3].map((id) => [id, 'CONTACT_NOT_FOUND'])
  t.deepEqual(plan('EXCLUDE'), {
    shown: [
      [Visibility.EXCLUDE, 1],
      [Visibility.ALL, 0],
    ],
    left: [three],
  })
  t.deepEqual(plan('INCLUDE'), { shown: [[Visibility.INCLUDE, 1]], left: [two, three] })
  t.is(plan('PRIVATE').shown.length, 3)
})

test('a batch with much to say is cut into commands a phone can take, without the pause of a batch between them', (t) => {
  const items = Array.from({ length: 300 }, (_, index) => {
    const item = sendItem(index + 1, 1)
    return { ...item, payload: { ...item.payload, text: '你'.repeat(5000) } as never }
  })
  const { commands } = planCommands(params(250, 3), items, () => 0)
  t.deepEqual(
    commands.flatMap(({ itemIds }) => itemIds),
    items.map(({ id }) => id),
  )
  t.true(commands.every((command) => encodeCommand('c', 1, command).length <= 1024 * 1024))
  const firstOfSecondBatch = commands.findIndex(({ itemIds }) => itemIds[0] === 251)
  t.true(firstOfSecondBatch > 1)
  t.deepEqual(
    commands.map(({ pauseMs }) => pauseMs),
    commands.map((_, index) => (index === 0 ? 0 : index === firstOfSecondBatch ? 60_000 : 3000)),
  )
})

test('no command may run longer than the timer of a phone can take', (t) => {
  const items = Array.from({ length: 400 }, (_, index) => sendItem(index + 1, 1))
  const { commands } = planCommands(params(400, 3600), items, () => 0)
  const [command] = commands
  t.is(command?.maxRunMs, 2 ** 31 - 1)
})
