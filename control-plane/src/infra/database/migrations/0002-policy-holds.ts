import { DataTypes } from 'sequelize'
import { addMissingColumn, addMissingIndex, type Migration } from './schema.ts'

/** Why a rule holds a command, and indexes for what an account and a person have got lately. */
export const policyHolds: Migration = {
  name: '0002-policy-holds',
  up: async ({ context }) => {
    await addMissingColumn(context, 'commands', 'hold_reason', DataTypes.STRING(500))
    await addMissingIndex(context, 'commands', ['account_id', 'finished_at'])
    await addMissingIndex(context, 'items', ['account_id', 'status'])
    await addMissingIndex(context, 'customers', ['wechat_id'])
  },
}
