import type { Tables } from './infra/database/tables/index.ts'

/** The tables that each room writes. Everybody reads every table; only its own room gets it to write. */
export function tablesOfRooms(tables: Tables) {
  const own = <Name extends keyof Tables>(...names: readonly Name[]): Pick<Tables, Name> => {
    const wanted = new Set<string>(names)
    return Object.fromEntries(Object.entries(tables).filter(([name]) => wanted.has(name))) as Pick<Tables, Name>
  }
  return {
    'infra/scheduler': own('jobs'),
    'records/events': own('outbox', 'events'),
    'records/audit': own('auditLog'),
    'records/auth': own('users', 'refreshTokens'),
    'records/materials': own('materials', 'materialCategories'),
    'records/templates': own('templates'),
    'records/contacts': own('tags', 'customers', 'customerTags'),
    'records/groups': own('groups', 'groupMembers'),
    'fleet/policy': own('budgetSpends'),
    'fleet/commands': own('commands', 'items', 'orphanResults', 'evidence'),
    'fleet/accounts': own('accounts'),
    'fleet/devices': own('devices', 'deviceEvents', 'enrolmentCodes', 'deviceCommands'),
    'work/tasks': own('tasks', 'taskDevices'),
    'work/kill-switches': own('killSwitches'),
    'edge/api': own('idempotencyKeys'),
  }
}
