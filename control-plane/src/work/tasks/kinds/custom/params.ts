import type { EffectClass } from '../../../../infra/database/tables/commands.ts'

export interface CustomParams {
  readonly kind: 'CUSTOM'
  readonly command: string
  readonly version: number
  /** As the devices registered it. */
  readonly effectClass: EffectClass
  readonly payload: unknown
  readonly devices: readonly number[]
}

export interface CustomPayload {
  readonly action: 'CUSTOM'
}
