import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { planeHost, type Settings } from './settings.ts'

/** Where the control plane keeps a password that it made up. */
const passwordFile = (dataDir: string): string => join(dataDir, 'admin-password')

/** Whether an earlier start made up the password of `admin`: it may have been changed since. */
export const passwordIsOld = ({ dataDir }: Settings): boolean => existsSync(passwordFile(dataDir))

/** What a person sees when everything works. @param troubles what does not, a line each */
export function readyBanner(settings: Settings, oldPassword: boolean, troubles: readonly string[]): string {
  const api = `http://${planeHost(settings)}:${settings.httpPort}`
  return `
Muster is ready
  API       ${api}/api/v1
  Docs      ${api}/docs
  Sign in   POST ${api}/api/v1/auth/login as "admin" with ${passwordHint(settings, oldPassword)}
  Emulator  http://127.0.0.1:${settings.emulatorPort}/world  (${settings.phones} phones)
  Data      ${settings.dataDir}
${troubles.map((trouble) => `  Warning   ${trouble}\n`).join('')}Stop with Ctrl-C.
`
}

function passwordHint({ dataDir, passwordGiven }: Settings, old: boolean): string {
  if (passwordGiven) return 'the password you set in MUSTER_ADMIN_PASSWORD'
  if (!existsSync(passwordFile(dataDir))) return 'the password you set before'
  const password = `"${readFileSync(passwordFile(dataDir), 'utf8').trim()}"`
  return old ? `${password}, unless it was changed since` : password
}
