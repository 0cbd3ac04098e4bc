import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { PartSpec } from './managed-process.ts'
import { planeHost, type Settings } from './settings.ts'

const root = resolve(import.meta.dirname, '..')
export const PLANE = 'control-plane'
export const EMULATOR = 'emulator'
export const isAgent = (part: string): boolean => part.startsWith('agent-')

export function emulatorPart(settings: Settings): PartSpec {
  return {
    name: EMULATOR,
    entry: join(root, 'emulator/src/main.ts'),
    environment: async () => ({
      ...surroundings(settings),
      MUSTER_DATA_DIR: settings.dataDir,
      MUSTER_EMULATOR_PORT: String(settings.emulatorPort),
      MUSTER_PHONES: String(settings.phones),
    }),
  }
}

/** The only part that gets the operator's settings as they are, secrets among them. */
export function planePart(settings: Settings): PartSpec {
  return {
    name: PLANE,
    entry: join(root, 'control-plane/src/main.ts'),
    environment: async () => ({
      ...settings.env,
      MUSTER_DATA_DIR: settings.dataDir,
      MUSTER_HTTP_PORT: String(settings.httpPort),
      MUSTER_GRPC_PORT: String(settings.grpcPort),
      MUSTER_ALLOW_EMULATED: 'true',
    }),
  }
}

/** @param enrolmentCode makes one for the device of this name; asked when the phone is not enrolled yet */
export function agentPart(
  settings: Settings,
  phoneId: string,
  enrolmentCode: (name: string) => Promise<string>,
): PartSpec {
  const directory = join(settings.dataDir, 'agents', phoneId)
  const emulator = `127.0.0.1:${settings.emulatorPort}`
  return {
    name: `agent-${phoneId}`,
    entry: join(root, 'agent/src/main.ts'),
    environment: async () => ({
      ...surroundings(settings),
      MUSTER_LOG_LEVEL: settings.env['MUSTER_LOG_LEVEL'],
      MUSTER_AGENT_DIR: directory,
      MUSTER_PLANE_URL: `${planeHost(settings)}:${settings.grpcPort}`,
      MUSTER_WEBDRIVER_URL: `http://${emulator}`,
      MUSTER_PHONE_UDID: phoneId,
      MUSTER_DEVICE_NAME: phoneId,
      // The phone's network: the emulator can cut it as a dead zone would.
      grpc_proxy: `http://${phoneId}:x@${emulator}`,
      ...(existsSync(join(directory, 'device.json')) ? {} : { MUSTER_ENROLMENT_CODE: await enrolmentCode(phoneId) }),
    }),
  }
}

/** What any program needs of its surroundings: no settings of Muster, and no way off this machine. */
function surroundings({ env }: Settings): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^MUSTER_|_proxy$/i.test(name)))
}
