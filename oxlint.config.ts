import { defineConfig } from 'oxlint'

type Override = NonNullable<Parameters<typeof defineConfig>[0]['overrides']>[number]
type Ban =
  | string
  | { readonly regex: string; readonly message?: string }
  | { readonly group: string[]; readonly message?: string; readonly allowTypeImports?: boolean }

/**
 * The control plane's floors, lowest first, each with its rooms, lowest first. Imports go down only. The rooms of the
 * edge do not know each other.
 */
const FLOORS: readonly (readonly [floor: string, rooms: readonly string[]])[] = [
  ['infra', ['database', 'media', 'bus', 'scheduler']],
  ['http', []],
  ['records', ['events', 'audit', 'auth', 'materials', 'templates', 'contacts', 'groups']],
  ['fleet', ['policy', 'commands', 'accounts', 'devices']],
  ['work', ['tasks', 'kill-switches']],
  ['edge', ['api', 'gateway']],
]
const PLANE = 'control-plane/src'
const OTHER_PACKAGES = ['@muster/sdk*', '@muster/agent*', '@muster/emulator*', '@muster/control-plane*']
const WEB = ['koa', '@koa/*', 'ws']
const RPC = ['@grpc/*', 'grpc-*']
const BUS = ['@nats-io/*', 'nats']
const JOBS = ['agenda', '@agendajs/*']
const SQL = ['sequelize', 'mysql2', '**/infra/database/*.ts', '**/infra/database/{sqlite,mysql,migrations}/**']
/** Libraries that belong to one place each. */
const LIBRARIES = [...WEB, ...RPC, ...BUS, ...JOBS]

const NODE: Ban = { regex: '^node:' }
const up = (names: readonly string[]): Ban[] =>
  names.map((name) => ({ group: [`**/${name}/**`], message: 'imports go down only; hand it in through a port' }))
const without = (all: readonly string[], allowed: readonly string[]) => all.filter((name) => !allowed.includes(name))
const banned = (files: string[], patterns: readonly Ban[], excludeFiles: string[] = []): Override => ({
  files,
  excludeFiles: ['**/*.test.ts', ...excludeFiles],
  rules: { 'no-restricted-imports': ['error', { patterns: [...patterns] as never }] },
})

/** What may not be imported from a floor, or from a room of it. */
function bansOf(floor: string, room?: string): Ban[] {
  const at = FLOORS.findIndex(([name]) => name === floor)
  const above = FLOORS.slice(at + 1).map(([name]) => name)
  const rooms = FLOORS[at]?.[1] ?? []
  const others = floor === 'edge' ? without(rooms, [room ?? '']) : rooms.slice(rooms.indexOf(room ?? '') + 1)
  const roomsBanned = room === undefined ? [] : others
  const root = ['**/control-plane.ts', '**/src/rooms.ts', '**/config.ts', ...(floor === 'infra' ? ['**/ports.ts'] : [])]
  return [...OTHER_PACKAGES, ...up([...above, ...roomsBanned]), { group: root, message: 'only the composition root' }]
}

/** Libraries a room may import although they are bound to places. */
const AT_HOME: Readonly<Record<string, readonly string[]>> = {
  http: WEB,
  api: WEB,
  gateway: RPC,
  scheduler: JOBS,
  bus: BUS,
}
const floorOverrides: Override[] = FLOORS.flatMap(([floor, rooms]) => [
  banned([`${PLANE}/${floor}/**`], [...bansOf(floor), ...without(LIBRARIES, AT_HOME[floor] ?? [])]),
  ...rooms.map((room) =>
    banned([`${PLANE}/${floor}/${room}/**`], [...bansOf(floor, room), ...without(LIBRARIES, AT_HOME[room] ?? [])]),
  ),
])
const routeOverrides: Override[] = FLOORS.flatMap(([floor, rooms]) =>
  rooms.map((room) =>
    banned(
      [`${PLANE}/${floor}/${room}/**/routes.ts`, `${PLANE}/${floor}/${room}/**/*-routes.ts`],
      [...bansOf(floor, room), ...LIBRARIES, { group: SQL, message: 'no SQL in a route; ask the service' }],
    ),
  ),
)
const PURE = ['rules', 'state', 'planner']
const pureOverrides: Override[] = FLOORS.flatMap(([floor, rooms]) =>
  rooms.map((room) =>
    banned(
      PURE.flatMap((kind) => [`${PLANE}/${floor}/${room}/**/*-${kind}.ts`, `${PLANE}/${floor}/${room}/**/${kind}.ts`]),
      [
        ...bansOf(floor, room),
        ...LIBRARIES,
        NODE,
        'sequelize',
        { group: ['**/infra/database/**'], allowTypeImports: true },
      ],
    ),
  ),
)

export default defineConfig({
  plugins: ['typescript', 'import', 'unicorn', 'promise', 'node'],
  categories: { correctness: 'error' },
  options: { typeAware: true },
  rules: {
    'typescript/no-explicit-any': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/switch-exhaustiveness-check': 'error',
    'typescript/consistent-type-imports': 'error',
    'import/no-cycle': ['error', { ignoreTypes: false }],
    'no-console': 'error',
    // Handlers of unary gRPC calls answer through callbacks.
    'promise/no-callback-in-promise': 'off',
    'max-params': ['error', { max: 5 }],
    'prefer-const': 'error',
  },
  overrides: [
    banned(['proto/src/**'], ['@muster/*', 'koa*', 'sequelize*', NODE]),
    banned(['sdk/src/**'], OTHER_PACKAGES),
    banned(['agent/src/**', 'emulator/src/**'], ['@muster/agent*', '@muster/emulator*', '@muster/control-plane*']),
    banned(
      [`${PLANE}/ports.ts`],
      [...bansOf('infra'), ...LIBRARIES].filter(
        (ban) => typeof ban === 'string' || 'regex' in ban || !ban.group.includes('**/ports.ts'),
      ),
    ),
    ...floorOverrides,
    ...routeOverrides,
    ...pureOverrides,
  ],
  ignorePatterns: ['**/generated/**', '**/dist/**', '**/*.gen.ts'],
})
