import test from 'ava'
import { sharedTestPlane } from '../support/test-plane.ts'

const plane = sharedTestPlane(test)

test.serial('a screenshot that is not kept any more, or not there yet, is said to be missing', async (t) => {
  await plane().sql(
    "INSERT INTO evidence (id, device_id, command_id, mime_type, size, at, company_id) VALUES (7, 1, 'c', 'image/png', 4, 0, 1)",
  )
  for (const id of [7, 8]) {
    const answer = await plane().call('GET', `/evidence/${id}`)
    t.deepEqual([answer.status, answer.code], [404, 'NOT_FOUND'])
    t.is(answer.msg, `screenshot ${id} is not there; one is kept for 30 days, and the item still says what went wrong`)
  }
})
