import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from './run-tool.ts'

// Runs AVA, passes its output on, and closes with one plain line of counts for people and for CI.
const arguments_ = process.argv.slice(2)
const child = spawn(process.execPath, [join(root, 'node_modules/ava/entrypoints/cli.mjs'), ...arguments_], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
})
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => child.kill(signal))

let tail = ''
child.stdout.on('data', (chunk: Buffer) => {
  process.stdout.write(chunk)
  tail = (tail + chunk.toString('utf8')).slice(-20_000)
})
const code = await new Promise<number>((resolve, reject) => {
  child.once('error', reject)
  child.once('close', (status) => resolve(status ?? 1))
})
const count = (pattern: RegExp): number => Number([...tail.matchAll(pattern)].at(-1)?.[1] ?? 0)
const passed = count(/^\s*(\d+) tests? passed/gm)
const failed =
  count(/^\s*(\d+) tests? failed/gm) +
  count(/^\s*(\d+) uncaught exceptions?/gm) +
  count(/^\s*(\d+) unhandled rejections?/gm) +
  count(/^\s*(\d+) hooks? failed/gm)
// A run that broke down without a count must not look like one that had nothing to report.
process.stdout.write(`${passed} passed, ${code !== 0 && failed === 0 ? 1 : failed} failed\n`)
process.exitCode = code
