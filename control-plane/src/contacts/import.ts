import { readFile } from 'node:fs/promises'
import { CsvError, parse } from 'csv-parse/sync'
import { z } from 'zod'
import { invalid, MusterError } from '../errors.ts'
import type { Contacts } from './service.ts'

const MOST_ROWS = 10_000
const text = (most: number) => z.string().trim().max(most)
const Row = z.strictObject({
  wechatId: text(64).optional(),
  nickname: text(200).min(1, 'is empty'),
  remark: text(200).optional(),
  region: text(100).optional(),
  source: text(40).optional(),
  optOut: z
    .enum(['', 'true', 'false', '1', '0'])
    .optional()
    .transform((value) => value === 'true' || value === '1'),
})

export interface ImportReport {
  readonly taken: number
  readonly refused: { line: number; reason: string }[]
}

/**
 * Takes customers from a CSV file with a header line: wechatId, nickname, remark, region, source, optOut. A row that is
 * refused does not stop the others. Throws INVALID_REQUEST for a file that is no such CSV.
 */
export async function importCustomers(contacts: Contacts, accountId: number, path: string): Promise<ImportReport> {
  const records = read(await readFile(path, 'utf8'))
  const refused: { line: number; reason: string }[] = []
  let taken = 0
  for (const { record, info } of records) {
    const parsed = Row.safeParse(record)
    if (!parsed.success) {
      const reason = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'row'}: ${issue.message}`).join('; ')
      refused.push({ line: info.lines, reason })
      continue
    }
    try {
      await take(contacts, accountId, parsed.data)
      taken++
    } catch (error) {
      if (!(error instanceof MusterError)) throw error
      if (error.code === 'NOT_FOUND') throw error
      refused.push({ line: info.lines, reason: error.message })
    }
  }
  return { taken, refused }
}

async function take(contacts: Contacts, accountId: number, row: z.output<typeof Row>): Promise<void> {
  const { wechatId, ...rest } = row
  // A customer that is there already is left as it is, but a list of whom not to write to is heeded whole.
  if (wechatId && row.optOut) await contacts.optOut(wechatId)
  await contacts.create({ source: 'IMPORT', ...rest, accountId, wechatId: wechatId || null })
}

function read(csv: string): { record: Record<string, string>; info: { lines: number } }[] {
  try {
    const records = parse(csv, {
      columns: true,
      bom: true,
      skip_empty_lines: true,
      trim: true,
      info: true,
      relax_column_count: false,
    })
    const list = records as unknown as { record: Record<string, string>; info: { lines: number } }[]
    if (list.length > MOST_ROWS) throw invalid(`file: has more than ${MOST_ROWS} rows; split it`)
    return list
  } catch (error) {
    if (error instanceof CsvError)
      throw invalid(`file: is not a CSV with a header line: ${error.message}; mend that line`)
    throw error
  }
}
