import { staleFiles } from './generated.ts'
import { root, runTool } from './run-tool.ts'

// Fast enough to run before each commit; every step runs, so that one look shows all that is wrong.
const steps: readonly (readonly [string, () => boolean | Promise<boolean>])[] = [
  ['generated code is up to date', generatedIsFresh],
  ['proto lint', () => runTool('buf', ['lint'], `${root}/proto`)],
  ['proto breaks no one', () => runTool('buf', ['breaking', '--against', 'baseline.binpb'], `${root}/proto`)],
  ['types', () => runTool('tsc', ['-p', '.'])],
  ['lint', () => runTool('oxlint', ['--deny-warnings', '.'])],
  ['format', () => runTool('oxfmt', ['--check', '.'])],
]
let failed = 0
for (const [name, step] of steps) {
  const good = await step()
  process.stdout.write(`${good ? 'ok     ' : 'NOT ok '} ${name}\n`)
  if (!good) failed++
}
process.exitCode = failed === 0 ? 0 : 1

async function generatedIsFresh(): Promise<boolean> {
  const stale = await staleFiles()
  if (stale.length > 0) process.stdout.write(`run "npm run generate" and commit:\n  ${stale.join('\n  ')}\n`)
  return stale.length === 0
}
