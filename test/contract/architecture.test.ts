import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import test from 'ava'

// docs/architecture.md leads newcomers by file names, so each has to exist.

const root = resolve(import.meta.dirname, '../..')
const text = readFileSync(join(root, 'docs/architecture.md'), 'utf8')

const PARTS = ['proto/src', 'proto/muster', 'sdk/src', 'agent/src', 'emulator/src', 'control-plane/src', 'test']
const files = [
  'oxlint.config.ts',
  ...PARTS.flatMap((part) =>
    readdirSync(join(root, part), { recursive: true, encoding: 'utf8' }).map((name) => `${part}/${name}`),
  ),
]

test('every file and folder that the architecture page names exists', (t) => {
  const names = [...text.matchAll(/`(\w[\w./-]*(?:\.ts|\.proto|\/))`/g)].map(([, name = '']) => name.replace(/\/$/, ''))
  t.true(names.length > 40)
  const missing = names.filter((name) => !files.some((file) => `/${file}`.endsWith(`/${name}`)))
  t.deepEqual([...new Set(missing)], [])
})

test('the architecture page lists every room of the control plane', (t) => {
  const plane = join(root, 'control-plane/src')
  const rooms = ['infra', 'records', 'fleet', 'work', 'edge'].flatMap((floor) =>
    readdirSync(join(plane, floor), { withFileTypes: true }).filter((entry) => entry.isDirectory()),
  )
  t.deepEqual(
    rooms.filter(({ name }) => !new RegExp(`^\\|[^|]*\\| \`${name}/\``, 'm').test(text)).map(({ name }) => name),
    [],
  )
})
