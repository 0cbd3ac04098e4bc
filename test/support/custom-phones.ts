import { CustomCapability, EffectClass, ItemStatus, type Command, type Hello } from '@muster/proto'
import { itemIdsIn, succeeded } from './raw-agent.ts'

/** A custom command as a phone registers it; a text of at most five letters is its payload. */
export const capability = (more: Partial<CustomCapability> & { schema?: unknown } = {}): CustomCapability => {
  const { schema = LABEL, ...other } = more
  const fields = { name: 'shop.print-label', version: 1, effectClass: EffectClass.ONCE, description: 'Prints' }
  return CustomCapability.fromPartial({ ...fields, schemaJson: JSON.stringify(schema), ...other })
}

export const LABEL = {
  type: 'object',
  properties: { text: { type: 'string', maxLength: 5 } },
  required: ['text'],
  additionalProperties: false,
}

/** Hello of an agent that knows no WeChat: a real device without an account. */
export const till = (...custom: CustomCapability[]): Partial<Hello> => ({
  account: undefined,
  device: { name: 'till', type: 'ANDROID', model: 'till', osVersion: '14', emulated: false },
  custom,
})

/** The result of a custom command that answers something. */
export function answered(command: Command, result: unknown) {
  const resultJson = JSON.stringify(result)
  const more = { status: ItemStatus.SUCCEEDED, code: '', reason: '', evidenceId: '', atUnixMs: 0, resultJson }
  return succeeded(command, { items: itemIdsIn(command).map((itemId) => ({ itemId, ...more })) })
}

/** What a command asks of the handler. */
export function askedOf({ payload }: Command): { name: string; version: number; payload: unknown } {
  if (payload?.$case !== 'custom') throw new Error(`a ${payload?.$case} came`)
  const { name, version, payloadJson } = payload.value
  return { name, version, payload: JSON.parse(payloadJson) as unknown }
}
