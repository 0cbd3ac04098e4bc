import type { Sequelize } from 'sequelize'
import type { ReadTable, RowOf } from '../table.ts'
import { defineAccounts, defineBudgetSpends } from './accounts.ts'
import { defineAuditLog, defineIdempotencyKeys } from './audit.ts'
import { defineRefreshTokens, defineUsers } from './users.ts'
import { defineCustomers, defineCustomerTags, defineTags } from './customers.ts'
import { defineDeviceCommands, defineDeviceEvents, defineDevices, defineEnrolmentCodes } from './devices.ts'
import { defineEvents, defineOutbox } from './events.ts'
import { defineGroupMembers, defineGroups } from './groups.ts'
import { defineMaterialCategories, defineMaterials } from './materials.ts'
import { defineKillSwitches } from './kill-switches.ts'
import { defineJobs } from './jobs.ts'
import { defineCommands, defineEvidence, defineOrphanResults } from './commands.ts'
import { defineItems, defineTaskDevices, defineTasks } from './tasks.ts'
import { defineTemplates } from './templates.ts'

/** Every table of the plane. */
export const defineModels = (sequelize: Sequelize) => ({
  users: defineUsers(sequelize),
  refreshTokens: defineRefreshTokens(sequelize),
  devices: defineDevices(sequelize),
  enrolmentCodes: defineEnrolmentCodes(sequelize),
  deviceCommands: defineDeviceCommands(sequelize),
  deviceEvents: defineDeviceEvents(sequelize),
  accounts: defineAccounts(sequelize),
  budgetSpends: defineBudgetSpends(sequelize),
  customers: defineCustomers(sequelize),
  tags: defineTags(sequelize),
  customerTags: defineCustomerTags(sequelize),
  groups: defineGroups(sequelize),
  groupMembers: defineGroupMembers(sequelize),
  materials: defineMaterials(sequelize),
  materialCategories: defineMaterialCategories(sequelize),
  templates: defineTemplates(sequelize),
  tasks: defineTasks(sequelize),
  taskDevices: defineTaskDevices(sequelize),
  items: defineItems(sequelize),
  commands: defineCommands(sequelize),
  orphanResults: defineOrphanResults(sequelize),
  evidence: defineEvidence(sequelize),
  killSwitches: defineKillSwitches(sequelize),
  outbox: defineOutbox(sequelize),
  events: defineEvents(sequelize),
  auditLog: defineAuditLog(sequelize),
  idempotencyKeys: defineIdempotencyKeys(sequelize),
  jobs: defineJobs(sequelize),
})

/** Every table, writable: the composition root hands each to the one room that writes it. */
export type Tables = ReturnType<typeof defineModels>
/** Every table as all rooms know it: to read. */
export type Models = { readonly [Name in keyof Tables]: ReadTable<RowOf<Tables[Name]>> }
