import { ConfigurationError } from '@muster/sdk/agent'
import { z } from 'zod'

const Environment = z.object({
  MUSTER_AGENT_DIR: z.string().min(1),
  MUSTER_PLANE_URL: z.string().regex(/^.+:\d+$/, 'must be host:port of the control plane’s gRPC port'),
  MUSTER_WEBDRIVER_URL: z.url(),
  MUSTER_PHONE_UDID: z.string().min(1),
  MUSTER_DEVICE_NAME: z.string().min(1).max(100).optional(),
  MUSTER_ENROLMENT_CODE: z.string().optional(),
  MUSTER_ACCEPT_WECHAT_RULES: z.string().optional(),
  MUSTER_FAULT_POINT: z.string().optional(),
  MUSTER_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
})

export interface Config {
  /** Keeps identity, journal and materials. */
  readonly directory: string
  /** host:port of the gateway. */
  readonly planeAddress: string
  readonly webDriverUrl: string
  readonly udid: string
  readonly deviceName: string
  readonly enrolmentCode: string | undefined
  /** Whether the operator accepted the notice about WeChat's rules, which real phones need. */
  readonly rulesAccepted: boolean
  readonly faultPoint: string | undefined
  readonly logLevel: string
}

/** Reads the environment; empty values count as absent. Throws a ConfigurationError that names the variable. */
export function configFrom(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const read = Environment.safeParse(given)
  if (!read.success) throw new ConfigurationError(z.prettifyError(read.error))
  const { data } = read
  return {
    directory: data.MUSTER_AGENT_DIR,
    planeAddress: data.MUSTER_PLANE_URL,
    webDriverUrl: data.MUSTER_WEBDRIVER_URL,
    udid: data.MUSTER_PHONE_UDID,
    deviceName: data.MUSTER_DEVICE_NAME ?? data.MUSTER_PHONE_UDID,
    enrolmentCode: data.MUSTER_ENROLMENT_CODE,
    rulesAccepted: data.MUSTER_ACCEPT_WECHAT_RULES === 'yes',
    faultPoint: data.MUSTER_FAULT_POINT,
    logLevel: data.MUSTER_LOG_LEVEL,
  }
}
