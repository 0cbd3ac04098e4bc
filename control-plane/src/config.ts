import { isAbsolute, resolve } from 'node:path'
import { IANAZone } from 'luxon'
import { z } from 'zod'

const port = z.coerce.number().int().min(0).max(65_535)
const flag = z
  .enum(['', 'true', 'false', 'yes', 'no', '1', '0'])
  .default('')
  .transform((value) => value === 'true' || value === 'yes' || value === '1')

const Environment = z.object({
  MUSTER_HOST: z.string().min(1).default('127.0.0.1'),
  MUSTER_HTTP_PORT: port.default(8080),
  MUSTER_GRPC_PORT: port.default(8443),
  MUSTER_DATA_DIR: z.string().min(1).default('.muster'),
  MUSTER_ADMIN_PASSWORD: z.string().optional(),
  MUSTER_TZ: z
    .string()
    .default('Asia/Shanghai')
    .refine((zone) => IANAZone.isValidZone(zone), 'is not an IANA time zone such as Asia/Shanghai'),
  MUSTER_ALLOW_EMULATED: flag,
  MUSTER_ACCEPT_WECHAT_RULES: flag,
  MUSTER_APPROVAL_ABOVE: z.coerce.number().int().min(0).optional(),
  MUSTER_TASKS_PER_MINUTE: z.coerce.number().int().min(1).default(30),
  MUSTER_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
})

/** Settings of one control plane. */
export interface Config {
  readonly host: string
  readonly httpPort: number
  readonly grpcPort: number
  /** Absolute path of everything that is kept. */
  readonly dataDir: string
  /** When set, replaces the stored password of `admin` at start. */
  readonly adminPassword: string | undefined
  readonly timeZone: string
  /** Accounts of emulated phones start under the demo policy. */
  readonly allowEmulated: boolean
  /** The operator accepted the notice about WeChat's rules: phones that are not emulated may be driven. */
  readonly wechatRulesAccepted: boolean
  /** A message task for more receivers than this needs approval; 0 is never, undefined the default of the policy. */
  readonly approvalAbove: number | undefined
  /** Task creations a user may make in a minute. */
  readonly tasksPerMinute: number
  readonly logLevel: string
}

/** Reads the environment. Throws an Error that names each wrong variable. */
export function configFrom(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  const parsed = Environment.safeParse(given)
  if (!parsed.success) {
    throw new Error(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '))
  }
  const e = parsed.data
  return {
    host: e.MUSTER_HOST,
    httpPort: e.MUSTER_HTTP_PORT,
    grpcPort: e.MUSTER_GRPC_PORT,
    dataDir: isAbsolute(e.MUSTER_DATA_DIR) ? e.MUSTER_DATA_DIR : resolve(e.MUSTER_DATA_DIR),
    adminPassword: e.MUSTER_ADMIN_PASSWORD,
    timeZone: e.MUSTER_TZ,
    allowEmulated: e.MUSTER_ALLOW_EMULATED,
    wechatRulesAccepted: e.MUSTER_ACCEPT_WECHAT_RULES,
    approvalAbove: e.MUSTER_APPROVAL_ABOVE,
    tasksPerMinute: e.MUSTER_TASKS_PER_MINUTE,
    logLevel: e.MUSTER_LOG_LEVEL,
  }
}
