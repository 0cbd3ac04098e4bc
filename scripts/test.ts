import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { PART_FLAGS } from '../test/support/part-flags.ts'
import { root } from './run-tool.ts'

// Runs AVA, passes its output on, and closes with one plain line of counts for people and for CI.
const arguments_ = process.argv.slice(2)
compileOnce()
const child = spawn(process.execPath, [join(root, 'node_modules/ava/entrypoints/cli.js'), ...arguments_], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
})
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => child.kill(signal))

let tail = ''
let passed = 0
createInterface({ input: child.stdout }).on('line', (line) => {
  process.stdout.write(`${line}\n`)
  tail = `${tail}${line}\n`.slice(-20_000)
  // AVA names every test, but counts those that passed only when none failed.
  if (/^\s*✔ /.test(line)) passed++
})
const code = await new Promise<number>((resolve, reject) => {
  child.once('error', reject)
  child.once('close', (status) => resolve(status ?? 1))
})
const count = (pattern: RegExp): number => Number([...tail.matchAll(pattern)].at(-1)?.[1] ?? 0)
const failed =
  count(/^\s*(\d+) tests? failed/gm) +
  count(/^\s*(\d+) uncaught exceptions?/gm) +
  count(/^\s*(\d+) unhandled rejections?/gm) +
  count(/^\s*(\d+) hooks? failed/gm)
// A run that broke down without a count must not look like one that had nothing to report.
process.stdout.write(`${passed} passed, ${code !== 0 && failed === 0 ? 1 : failed} failed\n`)
process.exitCode = code

/**
 * Node writes its compile cache when a process ends by itself, and most parts that tests start are killed: each part
 * ends once in order, so that the hundreds of starts that follow find their code compiled.
 */
function compileOnce(): void {
  for (const part of ['agent', 'control-plane', 'emulator']) {
    spawnSync(process.execPath, [...PART_FLAGS, join(root, part, 'src/main.ts'), '--help'], { stdio: 'ignore' })
  }
}
