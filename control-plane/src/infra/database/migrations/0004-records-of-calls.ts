import { DataTypes } from 'sequelize'
import { addMissingColumn, addMissingIndex, required, type Migration } from './schema.ts'

/** Audit rows for intent and outcome, idempotency keys that know whether their call took effect, deleted users. */
export const recordsOfCalls: Migration = {
  name: '0004-records-of-calls',
  up: async ({ context }) => {
    await addMissingColumn(context, 'audit_log', 'kind', required(DataTypes.STRING(8), 'OUTCOME'))
    await addMissingColumn(context, 'audit_log', 'intent_id', DataTypes.INTEGER)
    await addMissingColumn(context, 'audit_log', 'request', DataTypes.JSON)
    await addMissingIndex(context, 'audit_log', ['intent_id'])
    await addMissingColumn(context, 'idempotency_keys', 'effect_at', DataTypes.BIGINT)
    await addMissingIndex(context, 'idempotency_keys', ['created_at'])
    await addMissingColumn(context, 'users', 'deleted_at', DataTypes.BIGINT)
    // Earlier versions stored responses unencrypted.
    await context.bulkDelete('idempotency_keys', {})
  },
}
