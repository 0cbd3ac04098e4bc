import { rows, type Find, type ReadTable } from './table.ts'

/** One page of a list. */
export interface Page<T> {
  readonly items: T[]
  /** Counted from 1. */
  readonly page: number
  readonly size: number
  /** How many there are on all pages together. */
  readonly total: number
}

/** Which page of a list, counted from 1, and how many items a page has. */
export type PageNumber = Pick<Page<unknown>, 'page' | 'size'>

/** One page of the rows that fit, and how many fit in all. */
export async function pageOfRows<Row extends object>(
  table: ReadTable<Row>,
  query: Pick<Find<Row>, 'where' | 'order'>,
  { page, size }: PageNumber,
): Promise<Page<Row>> {
  const items = await rows(table, { ...query, limit: size, offset: (page - 1) * size })
  const total = await table.count(query.where === undefined ? {} : { where: query.where })
  return { items, page, size, total }
}
