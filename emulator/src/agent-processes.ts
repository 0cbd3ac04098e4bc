import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const AGENT = 'agent/src/main.ts'

/** The process of a phone's agent, by the pid files that a launcher keeps in its data directory. */
export function agentProcess(dataDir: string, phoneId: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(dataDir, 'run', `agent-${phoneId}.pid`), 'utf8'))
    // A launcher that was killed leaves its files, and the system gives a number to another process in time.
    const command = execFileSync('ps', ['-p', String(pid), '-o', 'args='], { encoding: 'utf8' })
    return command.includes(AGENT) ? pid : undefined
  } catch {
    return undefined
  }
}
