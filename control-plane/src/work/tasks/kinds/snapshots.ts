import type { MaterialRef, Receiver } from '@muster/proto'
import type { CustomerRow } from '../../../infra/database/tables/customers.ts'

/** A picture as it was when the task was made. */
export interface MaterialSnapshot {
  readonly materialId: number
  readonly sha256: string
  readonly mimeType: string
  readonly size: number
}

/** A contact or group as the plane knew it when the task was made. */
export interface ReceiverSnapshot {
  readonly wechatId: string
  readonly nickname: string
  readonly remark: string
  readonly isGroup: boolean
  readonly memberCount: number
}

/** A person as a receiver. */
export const personSnapshot = ({
  wechatId,
  nickname,
  remark,
}: Pick<CustomerRow, 'wechatId' | 'nickname' | 'remark'>): ReceiverSnapshot => ({
  wechatId: wechatId ?? '',
  nickname,
  remark,
  isGroup: false,
  memberCount: 0,
})

/** The picture in a command. */
export const materialRef = ({ materialId, sha256, mimeType, size }: MaterialSnapshot): MaterialRef => ({
  materialId,
  sha256,
  mimeType,
  size,
})

/** The contact or group in a command. */
export const receiverRef = (snapshot: ReceiverSnapshot): Receiver => ({ ...snapshot })
