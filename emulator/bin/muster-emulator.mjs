#!/usr/bin/env node
// The sources are TypeScript and run by type stripping, which an older system's Node does not have.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const recent = major > 24 || (major === 24 && minor >= 12)
const node = recent ? process.execPath : createRequire(import.meta.url).resolve('node/bin/node')
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const child = spawn(
  node,
  ['--conditions=source', '--disable-warning=ExperimentalWarning', main, ...process.argv.slice(2)],
  {
    stdio: 'inherit',
  },
)
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
