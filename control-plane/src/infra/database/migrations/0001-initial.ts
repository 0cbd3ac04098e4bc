import { DEVICES_AND_WORK } from './0001-devices-and-work.ts'
import { PEOPLE_AND_FILES } from './0001-people-and-files.ts'
import { createTables, type Migration } from './schema.ts'

/** The schema of the first release. */
export const initial: Migration = {
  name: '0001-initial',
  up: async ({ context }) => {
    await createTables(context, PEOPLE_AND_FILES)
    await createTables(context, DEVICES_AND_WORK)
  },
}
