import { spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { PART_FLAGS } from '../test/support/test-process.ts'
import { root } from './run-tool.ts'

/*
 * Runs AVA, passes its output on, and closes with one plain line of counts for people and for CI. AVA's arguments are
 * passed on, and two are ours:
 *   --all   every point of every walk; without it a sample (see test/support/sample.ts)
 *   --slow  ends with the slowest tests and files
 */
const SLOWEST = 20
const began = performance.now()
const { all, slow, rest } = argumentsOf(process.argv.slice(2))
const seed = process.env['MUSTER_TEST_SEED'] || randomUUID().slice(0, 8)
compileOnce()
const child = spawn(process.execPath, [join(root, 'node_modules/ava/entrypoints/cli.js'), ...rest], {
  cwd: root,
  env: { ...process.env, MUSTER_TEST_SEED: seed, ...(all ? { MUSTER_TEST_WALKS: 'all' } : {}) },
  stdio: ['ignore', 'pipe', 'inherit'],
})
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => child.kill(signal))

let tail = ''
let passed = 0
const times: { readonly test: string; readonly seconds: number }[] = []
createInterface({ input: child.stdout }).on('line', (line) => {
  process.stdout.write(`${line}\n`)
  tail = `${tail}${line}\n`.slice(-20_000)
  // AVA names every test, but counts those that passed only when none failed.
  const [, test = '', time = ''] = /^\s*[✔✘] (?:\[fail\]: )?(.*?)(?: \(([\d.ms ]+)\))?$/.exec(line) ?? []
  if (/^\s*✔ /.test(line)) passed++
  if (test !== '') times.push({ test, seconds: secondsOf(time) })
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
if (slow) printSlowest()
const minutes = Math.floor((performance.now() - began) / 60_000)
const seconds = Math.floor(((performance.now() - began) / 1000) % 60)
const walks =
  all || process.env['MUSTER_TEST_WALKS'] === 'all' ? 'all points of walks' : `samples of MUSTER_TEST_SEED=${seed}`
process.stdout.write(`${minutes} min ${seconds} s, ${walks}\n`)
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

function argumentsOf(given: readonly string[]): { all: boolean; slow: boolean; rest: string[] } {
  const ours = new Set(['--all', '--slow'])
  const rest = given.filter((one) => !ours.has(one))
  return { all: given.includes('--all'), slow: given.includes('--slow'), rest }
}

/** What AVA prints behind a test: `1m 2.3s`, `4.5s` or `678ms`; nothing behind a quick one. */
function secondsOf(time: string): number {
  const units: Readonly<Record<string, number>> = { m: 60, s: 1, ms: 0.001 }
  return [...time.matchAll(/([\d.]+)(ms|m|s)/g)].reduce(
    (sum, [, count, unit = '']) => sum + Number(count) * (units[unit] ?? 0),
    0,
  )
}

/** By wall time. Tests of a file share the process, so the sum of a file also counts what they waited for each other. */
function printSlowest(): void {
  const files = Map.groupBy(times, ({ test }) => test.split(' › ').slice(0, -1).join(' › '))
  const sums = [...files].map(([test, some]) => ({ test, seconds: some.reduce((sum, one) => sum + one.seconds, 0) }))
  for (const [title, some] of [
    ['tests', times],
    ['files', sums],
  ] as const) {
    const slowest = some.toSorted((a, b) => b.seconds - a.seconds).slice(0, SLOWEST)
    process.stdout.write(`\nslowest ${title}\n`)
    for (const { test, seconds } of slowest) process.stdout.write(`${seconds.toFixed(1).padStart(8)} s  ${test}\n`)
  }
  process.stdout.write('\n')
}
