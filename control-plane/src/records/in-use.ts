import type { InUse } from '../ports.ts'

/** Asks one after the other, until one names a user. */
export const anyOf = (all: readonly InUse[]): InUse => ({
  userOf: async (kind, id) => {
    for (const one of all) {
      const user = await one.userOf(kind, id)
      if (user !== undefined) return user
    }
    return undefined
  },
})
