// Entry of every npm script. Runs on the system's Node (20 or newer), installs what is missing, then hands over to
// the Node 24 that comes as a dependency, because the sources are TypeScript and run by type stripping.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const [command = 'start', ...rest] = process.argv.slice(2)
const scripts = new Set(['start', 'test', 'check', 'bench', 'example', 'generate'])
/** Of the signals that end a program, the last one that came. */
let asked
let child
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
  process.on(signal, () => {
    asked = signal
    child?.kill(signal)
  })
}

if (!scripts.has(command)) {
  process.stderr.write(`bootstrap: unknown command "${command}"; use one of ${[...scripts].join(', ')}\n`)
  process.exit(2)
}
if (!installed()) await install()
const node = await findNode()
process.exit(
  await run(node, ['--conditions=source', join(root, 'scripts', `${command}.ts`), ...rest], surroundings(node)),
)

/** Whether node_modules holds what the lock file says, whoever put it there. */
function installed() {
  const packages = (file) => JSON.parse(readFileSync(join(root, file), 'utf8')).packages
  try {
    // npm writes this one when it has finished.
    const found = packages('node_modules/.package-lock.json')
    return Object.entries(packages('package-lock.json')).every(
      ([path, { version, integrity, optional }]) =>
        optional ||
        !path.startsWith('node_modules/') ||
        (found[path]?.version === version && found[path]?.integrity === integrity),
    )
  } catch {
    return false
  }
}

async function install() {
  process.stderr.write('Installing dependencies (first start or changed lock file)...\n')
  const code = await npm(['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'])
  if (asked) process.exit(exitCodeWhenAsked())
  if (code === 0) return
  process.stderr.write('bootstrap: "npm ci" failed; see the lines above, mend it and start again\n')
  process.exit(code)
}

async function npm(args) {
  const cli = process.env.npm_execpath
  return cli?.endsWith('.js') ? await run(process.execPath, [cli, ...args]) : await run('npm', args)
}

async function findNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > 24 || (major === 24 && minor >= 12)) return process.execPath
  const bundled = join(root, 'node_modules', 'node', 'bin', 'node')
  // The package fetches its binary in an install script, which some npm settings hold back.
  if (!existsSync(bundled)) await npm(['rebuild', 'node', '--ignore-scripts=false'])
  if (existsSync(bundled)) return bundled
  process.stderr.write(
    'bootstrap: Node 24 is missing; allow the install script of the package "node" or install Node 24\n',
  )
  process.exit(1)
}

function surroundings(node) {
  const path = `${dirname(node)}:${join(root, 'node_modules', '.bin')}:${process.env.PATH}`
  // Node strips types and compiles each file once instead of in every process: an agent starts in half the time.
  const cache = process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules', '.cache', 'node-compile')
  return { ...process.env, PATH: path, NODE_COMPILE_CACHE: cache }
}

/** Runs a program, hands on the signals that come meanwhile, and answers its exit code. */
async function run(program, args, env = process.env) {
  if (asked) return exitCodeWhenAsked()
  child = spawn(program, args, { cwd: root, stdio: 'inherit', env })
  return await new Promise((resolve) => {
    child.once('error', (error) => {
      process.stderr.write(`bootstrap: ${error.message}\n`)
      resolve(1)
    })
    child.once('exit', (code, signal) => resolve(code ?? (signal === asked ? exitCodeWhenAsked() : 1)))
  })
}

/** What is asked to stop before it has started has stopped in order; an unfinished check or test has not passed. */
function exitCodeWhenAsked() {
  return command === 'start' ? 0 : 1
}
