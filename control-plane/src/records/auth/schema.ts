import { z } from 'zod'

export const RoleSchema = z.enum(['admin', 'operator', 'viewer'])
export const User = z
  .strictObject({ id: z.number().int(), username: z.string(), role: RoleSchema })
  .meta({ id: 'User' })
