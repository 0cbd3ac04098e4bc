import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { allRoutes, configFrom, openApiDocument } from '@muster/control-plane'
import openapiTypes, { astToString } from 'openapi-typescript'
import { root, runTool } from './run-tool.ts'

const PROTO_OUT = join(root, 'proto/generated')
const API_OUT = join(root, 'sdk/src/generated')

/** Writes every generated file anew. Throws when a generator fails. */
export async function generateAll(): Promise<void> {
  generateProto(PROTO_OUT)
  await generateApi(API_OUT)
}

/** Names the generated files that differ from what the generators write today. */
export async function staleFiles(): Promise<string[]> {
  const fresh = mkdtempSync(join(tmpdir(), 'muster-generated-'))
  try {
    generateProto(join(fresh, 'proto'))
    await generateApi(join(fresh, 'api'))
    return [
      ...differing(PROTO_OUT, join(fresh, 'proto'), 'proto/generated'),
      ...differing(API_OUT, join(fresh, 'api'), 'sdk/src/generated'),
    ]
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

/** The SDK's types, from the OpenAPI document of the routes as they are. */
async function generateApi(out: string): Promise<void> {
  const document = openApiDocument(await allRoutes(configFrom({})))
  const types = astToString(await openapiTypes(JSON.stringify(document)))
  mkdirSync(out, { recursive: true })
  writeFileSync(join(out, 'api.gen.ts'), types)
}

function generateProto(out: string): void {
  const work = mkdtempSync(join(tmpdir(), 'muster-proto-'))
  try {
    for (const part of ['muster', 'buf.yaml', 'buf.gen.yaml'])
      cpSync(join(root, 'proto', part), join(work, part), { recursive: true })
    if (!runTool('buf', ['generate'], work)) throw new Error('buf generate failed')
    rmSync(out, { recursive: true, force: true })
    cpSync(join(work, 'generated'), out, { recursive: true })
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function differing(committed: string, fresh: string, label: string): string[] {
  const files = (folder: string): string[] =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
  const names = new Set([...files(committed), ...files(fresh)])
  const read = (folder: string, name: string): string | undefined => {
    try {
      return readFileSync(join(folder, name), 'utf8')
    } catch {
      return undefined
    }
  }
  return [...names].filter((name) => read(committed, name) !== read(fresh, name)).map((name) => `${label}/${name}`)
}
