import { z } from 'zod'

/** An object with these fields and no others; its error names those that are known. */
export const strictFields = <Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> =>
  z.strictObject(shape, {
    error: ({ code, keys }) => {
      if (code !== 'unrecognized_keys') return undefined
      const fields = Object.keys(shape)
      return `${String(keys)} is not known; ${fields.length === 0 ? 'no fields are' : `known are ${fields.join(', ')}`}`
    },
  })

/** What is wrong with a value, for people: each field with what it should be. */
export const explained = ({ issues }: z.ZodError): string =>
  issues.map(({ path, message }) => `${z.core.toDotPath(path) || 'the body'}: ${message}`).join('; ')
