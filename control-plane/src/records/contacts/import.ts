import { readFile } from 'node:fs/promises'
import { parse, type CsvError } from 'csv-parse/sync'
import { z } from 'zod'
import { invalid } from '../../infra/errors.ts'

const MOST_ROWS = 10_000
const MOST_BYTES = 8 * 1024 * 1024
const text = (most: number) => z.string().trim().max(most)
const Row = z.strictObject({
  wechatId: text(64).optional(),
  nickname: text(200).min(1, 'is empty'),
  remark: text(200).optional(),
  region: text(100).optional(),
  source: text(40).optional(),
  optOut: z
    .string()
    .toLowerCase()
    .pipe(z.enum(['', 'true', 'false', '1', '0']))
    .optional()
    .transform((value) => value === 'true' || value === '1'),
})
const COLUMNS: readonly string[] = Object.keys(Row.shape)
/** As those who keep such lists in Chinese call them. */
const IN_CHINESE: Readonly<Record<string, string>> = {
  微信号: 'wechatId',
  昵称: 'nickname',
  备注: 'remark',
  地区: 'region',
  来源: 'source',
  退订: 'optOut',
}

/** A row of the file that can be a customer. */
export interface ImportRow extends z.output<typeof Row> {
  readonly line: number
}

export interface RefusedRow {
  readonly line: number
  readonly reason: string
}

/** The rows of a file: those that can be customers, and why the others cannot. */
export interface ImportFile {
  readonly rows: ImportRow[]
  readonly refused: RefusedRow[]
}

/**
 * Reads a CSV file, UTF-8 or GB18030, with a header line: wechatId, nickname, remark, region, source, optOut, or those
 * names in Chinese. A row that is refused does not stop the others. Throws INVALID_REQUEST for a file that is no such
 * CSV.
 */
export async function readImport(path: string): Promise<ImportFile> {
  const bytes = await readFile(path)
  if (bytes.length > MOST_BYTES) throw invalid(`file: has more than ${MOST_BYTES / 1024 / 1024} MB; split it`)
  return parsed(decoded(bytes))
}

/** Excel in China saves CSV files in GBK, which GB18030 contains; UTF-8 that is not GBK by chance cannot be mistaken. */
function decoded(bytes: Buffer): string {
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  for (const encoding of ['utf-8', 'gb18030']) {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes)
    } catch {
      continue
    }
  }
  throw invalid('file: is neither UTF-8 nor GB18030 text; save it as "CSV UTF-8"')
}

function parsed(csv: string): ImportFile {
  const refused: RefusedRow[] = []
  const [header, ...records] = recordsOf(csv, refused)
  const names = checkedHeader(header?.record ?? [])
  const rows: ImportRow[] = []
  for (const { record, info } of records) {
    const line = info.lines
    if (record.length !== names.length) {
      refused.push({ line, reason: `row: has ${record.length} fields, the header ${names.length}` })
      continue
    }
    const checked = Row.safeParse(Object.fromEntries(names.map((name, at) => [name, record[at]])))
    if (checked.success) rows.push({ ...checked.data, line })
    else {
      const reasons = checked.error.issues.map((issue) => `${issue.path.join('.') || 'row'}: ${issue.message}`)
      refused.push({ line, reason: reasons.join('; ') })
    }
  }
  return { rows, refused }
}

interface CsvRecord {
  readonly record: string[]
  readonly info: { readonly lines: number }
}

function recordsOf(csv: string, refused: RefusedRow[]): CsvRecord[] {
  const records = parse(csv, {
    bom: true,
    skip_empty_lines: true,
    trim: true,
    info: true,
    relax_column_count: true,
    skip_records_with_error: true,
    on_skip: (error: CsvError | undefined) => {
      if (error) refused.push({ line: Number(error['lines'] ?? 0), reason: `row: ${error.message}` })
      return undefined
    },
  }) as unknown as CsvRecord[]
  if (records.length > MOST_ROWS + 1) throw invalid(`file: has more than ${MOST_ROWS} rows; split it`)
  return records
}

function checkedHeader(given: readonly string[]): readonly string[] {
  const names = given.map((name) => IN_CHINESE[name] ?? name)
  const unknown = names.filter((name) => !COLUMNS.includes(name))
  if (!names.includes('nickname') || unknown.length > 0 || new Set(names).size < names.length) {
    const why =
      unknown.length > 0 ? `does not know ${unknown.slice(0, 5).join(', ')}` : 'needs nickname, each name once'
    throw invalid(
      `file: its header line ${why}; the columns are ${COLUMNS.join(', ')}, or ${Object.keys(IN_CHINESE).join(', ')}`,
    )
  }
  return names
}
