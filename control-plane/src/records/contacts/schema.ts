import { z } from 'zod'

export const Tag = z.strictObject({ id: z.number().int(), name: z.string() }).meta({ id: 'Tag' })
