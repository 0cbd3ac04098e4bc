import { parseArgs } from 'node:util'
import { z } from 'zod'

export const HELP = `Usage: muster-emulator [options]

Emulated Android phones with a WeChat of their own, behind one loopback port: a control port (GET /phones, GET /world),
a WebDriver endpoint as Appium's UiAutomator2 driver has it, and an HTTP CONNECT proxy as the phones' network.

  --phones <n>      how many phones, phone-1 and on (default 5, or MUSTER_PHONES)
  --seed <n>        decides names and everything random (default 1)
  --port <n>        0 takes a free one (default 8090, or MUSTER_EMULATOR_PORT)
  --data-dir <dir>  keeps the world there (default MUSTER_DATA_DIR; without it the world ends with the process)
  --help            this text
`

const Options = z.object({
  phones: z.coerce.number().int().min(1).max(10_000),
  seed: z.coerce.number().int(),
  port: z.coerce.number().int().min(0).max(65_535),
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
    phones: values.phones ?? env['MUSTER_PHONES'] ?? 5,
    seed: values.seed ?? 1,
    port: values.port ?? env['MUSTER_EMULATOR_PORT'] ?? 8090,
    dataDir: values['data-dir'] ?? (env['MUSTER_DATA_DIR'] || undefined),
  })
  if (read.success) return read.data
  throw new Error(z.prettifyError(read.error))
}
