import { createServer, type Server } from 'node:net'
import { resolve } from 'node:path'

export interface Settings {
  /** Address the control plane listens on. */
  readonly host: string
  readonly httpPort: number
  readonly grpcPort: number
  readonly emulatorPort: number
  readonly phones: number
  /** Absolute path. */
  readonly dataDir: string
  /** The operator set MUSTER_ADMIN_PASSWORD. */
  readonly passwordGiven: boolean
  /** Everything the operator set, for the parts. */
  readonly env: Readonly<NodeJS.ProcessEnv>
}

/** Reads what the launcher itself needs; an empty value counts as absent. Throws an error for people. */
export function readSettings(env: Readonly<NodeJS.ProcessEnv>): Settings {
  const number = (name: string, fallback: number, low: number, high: number): number => {
    const text = env[name]
    const value = text === undefined || text === '' ? fallback : Number(text)
    if (!Number.isInteger(value) || value < low || value > high) {
      throw new Error(`${name} is "${text}"; give a whole number from ${low} to ${high}`)
    }
    return value
  }
  return {
    host: env['MUSTER_HOST'] || '127.0.0.1',
    httpPort: number('MUSTER_HTTP_PORT', 8080, 1, 65_535),
    grpcPort: number('MUSTER_GRPC_PORT', 8443, 1, 65_535),
    emulatorPort: number('MUSTER_EMULATOR_PORT', 8090, 1, 65_535),
    phones: number('MUSTER_PHONES', 5, 0, 500),
    dataDir: resolve(env['MUSTER_DATA_DIR'] || '.muster'),
    passwordGiven: Boolean(env['MUSTER_ADMIN_PASSWORD']),
    env,
  }
}

/** Where programs on this machine reach the control plane, as addresses have it. */
export function planeHost({ host }: Settings): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}

/** Throws an error that names the setting when one of the ports cannot be listened on. */
export async function checkPorts(settings: Settings): Promise<void> {
  const { host, httpPort, grpcPort, emulatorPort } = settings
  const servers: Server[] = []
  try {
    // All are held together, so that two settings with one port are found too.
    servers.push(await listen('MUSTER_EMULATOR_PORT', emulatorPort, '127.0.0.1'))
    servers.push(await listen('MUSTER_HTTP_PORT', httpPort, host))
    servers.push(await listen('MUSTER_GRPC_PORT', grpcPort, host))
  } finally {
    await Promise.all(servers.map(async (server) => await new Promise((done) => server.close(done))))
  }
}

async function listen(setting: string, port: number, host: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy())
  return await new Promise((done, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const remedy =
        error.code === 'EADDRINUSE'
          ? `port ${port} is in use: end the program that listens there, or set ${setting}`
          : `cannot listen on port ${port} of ${host} (${error.message}): set ${setting} or MUSTER_HOST`
      fail(new Error(remedy, { cause: error }))
    })
    server.listen(port, host, () => done(server))
  })
}
