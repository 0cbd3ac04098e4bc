import { parseArgs } from 'node:util'
import { z } from 'zod'
import { FAULT_KINDS } from './phone/faults.ts'

export const HELP = `Usage: muster-emulator [options]

Emulated Android phones with a WeChat of their own, behind one loopback port: a control port (GET /phones, GET /world),
a WebDriver endpoint as Appium's UiAutomator2 driver has it, and an HTTP CONNECT proxy as the phones' network.

  --phones <n>      how many phones, phone-1 and on; 0 is a world without any (default 5, or MUSTER_PHONES)
  --seed <n>        decides names and everything random (default 1)
  --port <n>        0 takes a free one (default 8090, or MUSTER_EMULATOR_PORT)
  --data-dir <dir>  keeps the world there (default MUSTER_DATA_DIR; without it the world ends with the process)
  --help            this text

Control port (JSON, this machine only):
  GET    /phones                                       what phones there are
  POST   /phones/{id}/offline | online                 takes and gives back the network between agent and plane
  POST   /phones/{id}/crash                            ends the app, the connections and, where known, the agent
  GET    /phones/{id}/screen                           what the phone shows
  POST   /phones/{id}/faults {kind, times?, after?, probability?, seed?, when?, ms?, text?}
  GET | DELETE /phones/{id}/faults                     what is still to come; takes it all away
  GET    /world                                        the truth
  POST   /world/accounts/{wechatId}/contacts {contacts: [{id, nickname, remark?, region?, hideId?}]}
  DELETE /world/accounts/{wechatId}/contacts/{id}
  POST   /world/accounts/{wechatId}/groups {name, members: [id]}
  POST   /world/accounts/{wechatId}/groups/{id}/members {members: [id]}
  POST   /world/accounts/{wechatId}/moments {author, text}
  POST   /world/accounts/{wechatId}/messages {from, text}
Faults: ${FAULT_KINDS.join(', ')}
`

const whole = (low: number, high: number): z.ZodType<number> =>
  z
    .string()
    .regex(/^-?\d+$/, 'give a whole number')
    .transform(Number)
    .pipe(z.number().min(low).max(high))
const Options = z.object({
  phones: whole(0, 10_000),
  seed: whole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  port: whole(0, 65_535),
  dataDir: z.string().min(1).optional(),
})
export type Options = z.infer<typeof Options>

/** Reads the command line, then the environment, then defaults. Throws an error for people that names the option. */
export function optionsFrom(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      phones: { type: 'string' },
      seed: { type: 'string' },
      port: { type: 'string' },
      'data-dir': { type: 'string' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) return 'help'
  const read = Options.safeParse({
    phones: values.phones ?? (env['MUSTER_PHONES'] || '5'),
    seed: values.seed ?? '1',
    port: values.port ?? (env['MUSTER_EMULATOR_PORT'] || '8090'),
    dataDir: values['data-dir'] ?? (env['MUSTER_DATA_DIR'] || undefined),
  })
  if (read.success) return read.data
  throw new Error(z.prettifyError(read.error))
}
