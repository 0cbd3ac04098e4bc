import type { Context, Middleware } from 'koa'
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { HealthCheck } from '../../ports.ts'
import { readOnly } from '../../http/methods.ts'

const CHECK_LIMIT_MS = 2000

export interface RootDeps {
  readonly checks: readonly HealthCheck[]
  /** Number of live agent sessions. */
  online(): number
}

/** Serves `/healthz`, `/readyz` and `/metrics`, without a sign-in. */
export function rootRoutes(deps: RootDeps): Middleware {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  new Gauge({
    name: 'muster_agent_sessions',
    help: 'Agents with a live session',
    registers: [registry],
    collect() {
      this.set(deps.online())
    },
  })
  return readOnly(
    new Map<string, (ctx: Context) => Promise<void> | void>([
      ['/healthz', (ctx) => void (ctx.body = { status: 'ok', checks: {} })],
      ['/readyz', (ctx) => answerReadiness(ctx, deps.checks)],
      [
        '/metrics',
        async (ctx) => {
          ctx.type = registry.contentType
          ctx.body = await registry.metrics()
        },
      ],
    ]),
  )
}

async function answerReadiness(ctx: Context, wanted: readonly HealthCheck[]): Promise<void> {
  const checks = await readiness(wanted)
  const ready = Object.values(checks).every((check) => check.ok)
  ctx.status = ready ? 200 : 503
  ctx.body = { status: ready ? 'ok' : 'unavailable', checks }
}

async function readiness(checks: readonly HealthCheck[]): Promise<Record<string, { ok: boolean; reason?: string }>> {
  const answers = await Promise.all(checks.map(async (one) => [one.name, await resultOf(() => one.check())] as const))
  return Object.fromEntries(answers)
}

async function resultOf(check: () => Promise<void>): Promise<{ ok: boolean; reason?: string }> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`did not answer within ${CHECK_LIMIT_MS / 1000} s`)), CHECK_LIMIT_MS)
  })
  try {
    await Promise.race([check(), late])
    return { ok: true }
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) }
  } finally {
    clearTimeout(timer)
  }
}
