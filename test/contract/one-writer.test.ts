import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import test from 'ava'
import ts from 'typescript'

// Each table has one room that writes it. The types keep everybody else from it, and the composition root hands each
// room its own tables and no others.

const root = resolve(import.meta.dirname, '../..')
const plane = join(root, 'control-plane/src')
const HEAD = `import type { Database } from '../infra/database/database.ts'
import { updateRows } from '../infra/database/statements.ts'
import { insert, rows } from '../infra/database/table.ts'
export const kept = [updateRows, insert, rows]
`
const take = (work: string): string => `${HEAD}export const planted = (db: Database) => ${work}\n`

const refused: Readonly<Record<string, { work: string; says: RegExp }>> = {
  "a change through a reader's table": {
    work: "db.write((tx) => db.models.tags.update({ name: 'a' }, { where: { id: 1 }, transaction: tx }))",
    says: /Property 'update' does not exist on type 'ReadTable<TagRow>'/,
  },
  'an insert through a helper': {
    work: "db.write((tx) => insert(db.models.tags, { name: 'a' }, tx))",
    says: /'ReadTable<TagRow>' is not assignable to parameter of type 'Table<TagRow>'/,
  },
  'SQL that changes rows through a helper': {
    work: "db.write((tx) => updateRows(db.models.tags, { set: 'name = id', where: 'id = 1' }, tx))",
    says: /'ReadTable<TagRow>' is not assignable to parameter of type 'Table<TagRow>'/,
  },
  'SQL of its own': {
    work: "db.sequelize.query('DELETE FROM tags')",
    says: /Property 'sequelize' does not exist on type 'Database'/,
  },
  'the statements behind the helpers': {
    work: "db.write((tx) => db.statements.run(db.models.tags, 'DELETE FROM tags', {}, tx))",
    says: /Property 'statements' does not exist on type 'Database'/,
  },
  'the tables of the composition root': {
    work: 'db.tables.tags',
    says: /Property 'tables' does not exist on type 'Database'/,
  },
}

test('a file that only reads compiles, and a second writer of a table does not', (t) => {
  const reads = take("rows(db.models.tags, { where: { name: 'a' } })")
  const planted = [reads, ...Object.values(refused).map(({ work }) => take(work))]
  const [ofReads, ...ofWriters] = findings(planted)
  t.is(ofReads, '')
  for (const [index, [what, { says }]] of Object.entries(refused).entries()) t.regex(ofWriters[index] ?? '', says, what)
})

test('each table has one room, the one that the table itself names', (t) => {
  const rooms = Object.entries(tablesByRoom())
  const handed = rooms.flatMap(([room, tables]) => tables.map((table) => `${table}: ${room}`))
  t.deepEqual(handed.toSorted(), namedByTables().toSorted())
})

test("the composition root hands a room's tables to that room alone", (t) => {
  const { handed, others } = uses('rooms')
  t.deepEqual(
    handed.filter(({ room, to }) => !to.startsWith(`./${room}/`)),
    [],
  )
  t.deepEqual([...new Set(handed.map(({ room }) => room))].toSorted(), Object.keys(tablesByRoom()).toSorted())
  t.deepEqual(others, ['const rooms = tablesOfRooms(db.tables)'])
  t.is(readFileSync(join(plane, 'control-plane.ts'), 'utf8').match(/\.tables\b/g)?.length, 1)
})

/** What the compiler says of each text, as a file of the floor `work`; empty where it says nothing. */
function findings(texts: readonly string[]): string[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path))
  const { options } = ts.parseJsonConfigFileContent(config, { ...ts.sys, readDirectory: () => [] }, root)
  const planted = new Map(texts.map((text, index) => [join(plane, `work/planted-${index}.ts`), text]))
  const onDisk = ts.createCompilerHost(options)
  const host: ts.CompilerHost = {
    ...onDisk,
    fileExists: (path) => planted.has(path) || onDisk.fileExists(path),
    getSourceFile: (path, version) => {
      const text = planted.get(path)
      return text === undefined ? onDisk.getSourceFile(path, version) : ts.createSourceFile(path, text, version)
    },
  }
  const program = ts.createProgram([...planted.keys()], options, host)
  return [...planted.keys()].map((path) => {
    const said = ts.getPreEmitDiagnostics(program, program.getSourceFile(path))
    return said.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')).join('\n')
  })
}

function parsed(path: string): ts.SourceFile {
  const text = readFileSync(join(plane, path), 'utf8')
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
}

function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node
  const below: ts.Node[] = []
  node.forEachChild((child) => void below.push(child))
  for (const child of below) yield* nodesOf(child)
}

/** What rooms.ts gives each room: the calls of `own`. */
function tablesByRoom(): Record<string, string[]> {
  const given: [string, string[]][] = []
  for (const node of nodesOf(parsed('rooms.ts'))) {
    if (!ts.isPropertyAssignment(node) || !ts.isStringLiteral(node.name)) continue
    if (!ts.isCallExpression(node.initializer) || node.initializer.expression.getText() !== 'own') continue
    const tables = node.initializer.arguments.map((table) => (ts.isStringLiteral(table) ? table.text : table.getText()))
    given.push([node.name.text, tables])
  }
  return Object.fromEntries(given)
}

/** Every table with the room that its definition names. */
function namedByTables(): string[] {
  const directory = join(plane, 'infra/database/tables')
  const text = readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8'))
  const definitions = text.join('\n').matchAll(/Written by ([\w/-]+) only\.(?:(?!Written by)[^])*?const (define\w+)/g)
  const roomOf = new Map([...definitions].map(([, room = '', define = '']) => [define, room]))
  const tables = readFileSync(join(directory, 'index.ts'), 'utf8').matchAll(/^ {2}(\w+): (define\w+)\(/gm)
  return [...tables].map(([, table = '', define = '']) => `${table}: ${roomOf.get(define) ?? 'no room'}`)
}

/** Where the composition root uses the tables of rooms: who is given them, and the statements of all other uses. */
function uses(name: string): { handed: { room: string; to: string }[]; others: string[] } {
  const source = parsed('control-plane.ts')
  const from = new Map<string, string>()
  for (const statement of source.statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue
    const bindings = statement.importClause?.namedBindings
    if (!bindings || !ts.isNamedImports(bindings)) continue
    for (const element of bindings.elements) from.set(element.name.text, statement.moduleSpecifier.text)
  }
  const handed: { room: string; to: string }[] = []
  const others: string[] = []
  for (const node of nodesOf(source)) {
    if (!ts.isIdentifier(node) || node.text !== name) continue
    const { parent } = node
    if (ts.isElementAccessExpression(parent) && ts.isStringLiteral(parent.argumentExpression))
      handed.push({ room: parent.argumentExpression.text, to: from.get(calleeOf(parent)) ?? 'nobody who is imported' })
    // From one function of the root to the next, and never into a part.
    else if (!isPassedOn(parent)) others.push(parent.parent.getText())
  }
  return { handed, others }
}

const isPassedOn = (node: ts.Node): boolean =>
  ts.isBindingElement(node) || (ts.isShorthandPropertyAssignment(node) && ts.isReturnStatement(node.parent.parent))

/** Whom the nearest call or `new` around a node calls. */
function calleeOf(node: ts.Node): string {
  let at = node.parent
  while (!ts.isSourceFile(at) && !ts.isCallExpression(at) && !ts.isNewExpression(at)) at = at.parent
  return ts.isSourceFile(at) ? '' : at.expression.getText()
}
