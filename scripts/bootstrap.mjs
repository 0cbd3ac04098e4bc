// Entry of every npm script. Runs on the system's Node (20 or newer), installs what is missing, then hands over to
// the Node 24 that comes as a dependency, because the sources are TypeScript and run by type stripping.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const [command = 'start', ...rest] = process.argv.slice(2)
const scripts = new Set(['start', 'test', 'check', 'bench', 'example', 'generate'])

if (!scripts.has(command)) {
  process.stderr.write(`bootstrap: unknown command "${command}"; use one of ${[...scripts].join(', ')}\n`)
  process.exit(2)
}
install()
run(findNode(), ['--conditions=source', join(root, 'scripts', `${command}.ts`), ...rest])

/** Installs when the lock file differs from the one that was installed last. */
function install() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  const stamp = join(root, 'node_modules', '.muster-lock')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  process.stderr.write('Installing dependencies (first start or changed lock file)...\n')
  const result = npm(['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'])
  if (result.status !== 0) {
    process.stderr.write('bootstrap: "npm ci" failed; see the lines above, mend it and start again\n')
    process.exit(result.status ?? 1)
  }
  writeFileSync(stamp, lock)
}

function npm(args) {
  const cli = process.env.npm_execpath
  return cli?.endsWith('.js')
    ? spawnSync(process.execPath, [cli, ...args], { cwd: root, stdio: 'inherit' })
    : spawnSync('npm', args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' })
}

function findNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 24 || (major === 24 && minor >= 12)) return process.execPath
  const bundled = join(root, 'node_modules', 'node', 'bin', 'node')
  // The package fetches its binary in an install script, which some npm settings hold back.
  if (!existsSync(bundled)) npm(['rebuild', 'node', '--ignore-scripts=false'])
  if (existsSync(bundled)) return bundled
  process.stderr.write(
    'bootstrap: Node 24 is missing; allow the install script of the package "node" or install Node 24\n',
  )
  process.exit(1)
}

function run(node, args) {
  const path = `${dirname(node)}:${join(root, 'node_modules', '.bin')}:${process.env.PATH}`
  // Node strips types and compiles each file once instead of in every process: an agent starts in half the time.
  const cache = process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules', '.cache', 'node-compile')
  const env = { ...process.env, PATH: path, NODE_COMPILE_CACHE: cache }
  const child = spawn(node, args, { cwd: root, stdio: 'inherit', env })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
}
