import type { Sequelize } from 'sequelize'
import { defineAccounts, defineBudgetSpends } from '../accounts/model.ts'
import { defineAuditLog, defineIdempotencyKeys } from '../audit/model.ts'
import { defineRefreshTokens, defineUsers } from '../auth/model.ts'
import { defineCustomers, defineCustomerTags, defineTags } from '../contacts/model.ts'
import { defineDeviceEvents, defineDevices, defineEnrolmentCodes } from '../devices/model.ts'
import { defineEvents, defineOutbox } from '../events/model.ts'
import { defineGroupMembers, defineGroups } from '../groups/model.ts'
import { defineMaterialCategories, defineMaterials } from '../materials/model.ts'
import { defineKillSwitches } from '../policy/model.ts'
import { defineJobs } from '../scheduler/model.ts'
import { defineCommands, defineEvidence, defineOrphanResults } from '../tasks/command-model.ts'
import { defineItems, defineTaskDevices, defineTasks } from '../tasks/model.ts'
import { defineTemplates } from '../templates/model.ts'

/** Every table of the plane. */
export const defineModels = (sequelize: Sequelize) => ({
  users: defineUsers(sequelize),
  refreshTokens: defineRefreshTokens(sequelize),
  devices: defineDevices(sequelize),
  enrolmentCodes: defineEnrolmentCodes(sequelize),
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

export type Models = ReturnType<typeof defineModels>
