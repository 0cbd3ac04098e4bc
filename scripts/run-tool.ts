import { spawnSync } from 'node:child_process'
import { dirname, join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '..')
const environment = {
  ...process.env,
  PATH: `${dirname(process.execPath)}:${join(root, 'node_modules/.bin')}:${process.env['PATH']}`,
}

/** Runs a tool of node_modules with our Node in front, in the project's root unless told otherwise; true when it exits 0. */
export function runTool(name: string, args: readonly string[], cwd = root): boolean {
  return (
    spawnSync(join(root, 'node_modules/.bin', name), args, { cwd, stdio: 'inherit', env: environment }).status === 0
  )
}
