import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import test from 'ava'

const root = resolve(import.meta.dirname, '../..')
const PACKAGES = '{proto,sdk,agent,emulator,control-plane}'
const GENERATED = ['**/node_modules/**', '**/generated/**', '**/dist/**']
const NAMES = /note_to_self|noteToSelf|NoteToSelf|NOTE_TO_SELF|note-to-self/
/** A kind of task costs no more files than that, with those of the emulator's app that do not name it. */
const MOST_FILES = 9

test('a kind of task is named in its own files, in two tables and in the contract, and nowhere else', (t) => {
  const files = globSync(`${PACKAGES}/**/*.{ts,mts,mjs,js,json,proto,yaml}`, { cwd: root, exclude: GENERATED })
  t.true(files.length > 200, `${files.length} files are looked at`)
  const naming = files.filter(
    (file) => !file.endsWith('.test.ts') && (NAMES.test(file) || NAMES.test(readFileSync(resolve(root, file), 'utf8'))),
  )
  t.deepEqual(naming.toSorted(), [
    'agent/src/commands/note-to-self.ts',
    'agent/src/commands/table.ts',
    'control-plane/src/work/tasks/kinds/index.ts',
    'control-plane/src/work/tasks/kinds/note-to-self/index.ts',
    'proto/muster/v1/command.proto',
    'proto/muster/v1/wechat.proto',
  ])
  t.true(naming.length <= MOST_FILES)
})
