import { z, type ZodType } from 'zod'

/** Reads a number from a path, a query or a form: plain digits only, not all that JavaScript takes for a number. */
const digits = (schema: z.ZodType<number>) =>
  z.preprocess((given) => (typeof given === 'string' && /^(0|-?[1-9]\d*)$/.test(given) ? Number(given) : given), schema)

export const Id = digits(z.number().int().positive())
export const IdParams = z.strictObject({ id: Id })
export const ids = z.array(z.number().int().positive())
export const IdAnswer = z.strictObject({ id: z.number().int() })
/** Schema of a text that is not blank. @param most characters @param whenEmpty the error message */
export const nonBlankText = (most: number, whenEmpty = 'is empty') => z.string().max(most).regex(/\S/, whenEmpty)
export const Empty = z.null()

const MAX_PAGE_SIZE = 100
export const paging = {
  page: digits(z.number().int().min(1)).default(1).meta({ default: 1 }),
  size: digits(z.number().int().min(1).max(MAX_PAGE_SIZE)).default(20).meta({ default: 20 }),
}
export const Paging = z.strictObject(paging)

/** Returns the schema of a page of a list. */
export const pageOf = <T extends ZodType>(item: T) =>
  z.strictObject({ items: z.array(item), page: z.number().int(), size: z.number().int(), total: z.number().int() })

/** Returns `limit` and `offset` of a page for a query. */
export const limitOffset = ({ page, size }: { page: number; size: number }): { limit: number; offset: number } => ({
  limit: size,
  offset: (page - 1) * size,
})

export const Timestamp = z.string().meta({ description: 'ISO 8601 with the offset of the workspace' })
