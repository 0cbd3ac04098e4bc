import type { Contact, GalleryFile, Message } from './model.ts'

/** One WeChat account and what its phone keeps. */
export interface Account {
  readonly wechatId: string
  readonly nickname: string
  readonly region: string
  readonly contacts: Map<string, Contact>
  readonly drafts: Map<string, string>
  /** Newest last. */
  readonly gallery: GalleryFile[]
  /** Chats by contact or group id; the one with the newest message last. */
  readonly chats: Map<string, Message[]>
}
