import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import anyTest, { type TestFn } from 'ava'

// The rules of the control plane's floors, each shown by a file that breaks it, planted in a copy.

const root = resolve(import.meta.dirname, '../..')
const SHARED = ['node_modules', 'proto', 'sdk', 'tsconfig.json', 'oxlint.config.ts', 'package.json']
const test = anyTest as TestFn<{ said: string }>

/** Plants files, by their paths below control-plane/src, and returns what the linter says of them. */
async function findings(copy: string, planted: Readonly<Record<string, string>>): Promise<string> {
  const paths = Object.keys(planted).map((path) => join('control-plane/src', path))
  for (const [path, text] of Object.entries(planted)) await writeFile(join(copy, 'control-plane/src', path), text)
  const run = promisify(execFile)('oxlint', ['--format=unix', ...paths], { cwd: copy })
  return await run.then(
    ({ stdout }) => stdout,
    (error: { stdout: string }) => error.stdout,
  )
}

const refused: Readonly<Record<string, { files: Readonly<Record<string, string>>; says: RegExp }>> = {
  'an import of a higher floor': {
    files: { 'records/contacts/up.ts': "export { TaskStops } from '../../work/tasks/stops.ts'\n" },
    says: /up\.ts.*work\/tasks\/stops\.ts' import is restricted/,
  },
  'an import of a type of a higher floor': {
    files: {
      'infra/database/type-up.ts': "import type { Route } from '../../http/route.ts'\nexport type Tag = Route['tag']\n",
    },
    says: /type-up\.ts.*http\/route\.ts' import is restricted/,
  },
  'an import of a higher room of the same floor': {
    files: {
      'records/events/room-up.ts': "import type { Audit } from '../audit/service.ts'\nexport type Kept = Audit\n",
    },
    says: /room-up\.ts.*audit\/service\.ts' import is restricted/,
  },
  'the gateway knowing the API': {
    files: { 'edge/gateway/api.ts': "export { openApiDocument } from '../api/openapi.ts'\n" },
    says: /gateway\/api\.ts.*api\/openapi\.ts' import is restricted/,
  },
  'two files that know each other by type alone': {
    files: {
      'records/contacts/one.ts': "import type { Two } from './two.ts'\nexport type One = { two?: Two }\n",
      'records/contacts/two.ts': "import type { One } from './one.ts'\nexport type Two = { one?: One }\n",
    },
    says: /one\.ts.*[Cc]ycle|[Cc]ycle.*one\.ts/,
  },
  'SQL in a route': {
    files: {
      'records/contacts/sql-routes.ts': "export { rows } from '../../infra/database/table.ts'\n",
    },
    says: /sql-routes\.ts.*database\/table\.ts' import is restricted/,
  },
  'a route that holds the database': {
    files: {
      'records/contacts/db-routes.ts':
        "import type { Database } from '../../infra/database/database.ts'\nexport type Deps = { db: Database }\n",
    },
    says: /db-routes\.ts.*database\/database\.ts' import is restricted/,
  },
  'I/O in a pure file': {
    files: { 'work/tasks/some-planner.ts': "export { readFile } from 'node:fs/promises'\n" },
    says: /some-planner\.ts.*node:fs\/promises' import is restricted/,
  },
  'gRPC outside the gateway': {
    files: { 'fleet/commands/grpc.ts': "export { status } from '@grpc/grpc-js'\n" },
    says: /grpc\.ts.*@grpc\/grpc-js' import is restricted/,
  },
  'Agenda outside the scheduler': {
    files: { 'work/tasks/agenda.ts': "export { Agenda } from 'agenda'\n" },
    says: /agenda\.ts.*'agenda' import is restricted/,
  },
  'another package': {
    files: { 'http/sdk.ts': "export { MusterClient } from '@muster/sdk'\n" },
    says: /sdk\.ts.*@muster\/sdk' import is restricted/,
  },
}
const taken = {
  'records/down.ts': "import { invalid } from '../infra/errors.ts'\nexport const refusal = invalid('x')\n",
}

// Once for all of them: a run of the linter takes a second and more.
test.before(async (t) => {
  const copy = await mkdtemp(join(tmpdir(), 'muster-layers-'))
  try {
    for (const name of SHARED) await symlink(join(root, name), join(copy, name))
    await cp(join(root, 'control-plane'), join(copy, 'control-plane'), { recursive: true })
    const planted = Object.values(refused).map(({ files }) => files)
    t.context.said = await findings(copy, Object.assign({}, taken, ...planted))
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
})

for (const [what, { says }] of Object.entries(refused))
  test(`the linter refuses ${what}`, (t) => t.regex(t.context.said, says))

test('the linter takes a file that keeps to its floor', (t) => t.notRegex(t.context.said, /down\.ts/))
