import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { startEmulator } from '@muster/emulator'
import { TestProcess } from '../support/test-process.ts'

/** What is wrong with the settings, and what the agent says about it. */
const CASES: readonly (readonly [what: string, wrong: Record<string, string>, says: RegExp])[] = [
  ['a setting is missing', { MUSTER_PHONE_UDID: '' }, /MUSTER_PHONE_UDID/],
  ['an address is none', { MUSTER_PLANE_URL: 'nowhere' }, /host:port/],
  ['there is no enrolment code', {}, /MUSTER_ENROLMENT_CODE: .*POST \/devices\/enrolment-codes/],
  ['the enrolment code is half of one', { MUSTER_ENROLMENT_CODE: 'abc' }, /enrolment code: is incomplete/],
]

test('an agent that is set up wrongly says what to change, and that starting it again is of no use', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'muster-test-'))
  const emulator = await startEmulator({ phones: 1, port: 0 })
  t.teardown(async () => {
    await emulator.close()
    rmSync(dir, { recursive: true, force: true })
  })
  for (const [what, wrong, says] of CASES) {
    const agent = new TestProcess('agent/src/main.ts', join(dir, 'log'))
    const right = {
      MUSTER_AGENT_DIR: join(dir, 'agent'),
      MUSTER_PLANE_URL: '127.0.0.1:1',
      MUSTER_WEBDRIVER_URL: emulator.url,
      MUSTER_PHONE_UDID: 'phone-1',
    }
    t.is(await agent.start({ ...right, ...wrong }), 'ended', what)
    t.is(await agent.ended(), 78, `${what}\n${agent.log()}`)
    t.regex(agent.log(), says, what)
  }
})

test('an emulator that is set up wrongly ends in the same way', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'muster-test-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const emulator = new TestProcess('emulator/src/main.ts', join(dir, 'log'))
  t.is(await emulator.start({ MUSTER_PHONES: 'many' }), 'ended')
  t.is(await emulator.ended(), 78)
})
