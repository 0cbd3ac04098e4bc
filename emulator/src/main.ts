#!/usr/bin/env node
import { HELP, optionsFrom } from './config.ts'
import { startEmulator } from './emulator.ts'

/** sysexits.h: something is configured in a way that has to be changed first. */
const EX_CONFIG = 78

try {
  const options = optionsFrom(process.argv.slice(2), process.env)
  if (options === 'help') process.stdout.write(HELP)
  else {
    const { dataDir, ...rest } = options
    const emulator = await startEmulator({ ...rest, ...(dataDir === undefined ? {} : { dataDir }) })
    const stop = (): void =>
      void emulator.close().then(
        () => process.exit(0),
        (error: unknown) => {
          process.stderr.write(`muster-emulator: could not stop in order: ${String(error)}\n`)
          process.exit(1)
        },
      )
    // The second signal finds the closing under way; the default would end the process in its middle.
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop)
    // Started by a launcher that has died: phones without a launcher would stay for ever.
    process.once('disconnect', stop)
    process.stdout.write(`${options.phones} emulated phones at ${emulator.url}\n`)
    process.send?.({ type: 'ready' })
  }
} catch (error) {
  process.stderr.write(`muster-emulator: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = EX_CONFIG
}
