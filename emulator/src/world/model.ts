/** Somebody in an account's contact list. People are named by their WeChat ids. */
export interface Contact {
  readonly id: string
  readonly nickname: string
  readonly remark?: string | undefined
  readonly region?: string | undefined
  /** The profile of this contact does not show a WeChat id. */
  readonly hideId?: boolean | undefined
}

export interface Group {
  readonly id: string
  readonly name: string
  /** WeChat ids, the owner first. */
  readonly members: readonly string[]
  /** Those who were invited and have not agreed yet. */
  readonly invited?: readonly string[]
}

export interface Message {
  readonly id: string
  readonly from: string
  readonly to?: string
  readonly group?: string
  readonly kind: 'TEXT' | 'IMAGE'
  readonly text?: string
  /** SHA-256 of the picture, in hex. */
  readonly image?: string
  readonly at: string
}

/** `ALL` and `PRIVATE` need no list. */
export type Visibility =
  | 'ALL'
  | 'PRIVATE'
  | { readonly type: 'INCLUDE' | 'EXCLUDE'; readonly contacts: readonly string[] }

export interface Comment {
  readonly by: string
  readonly text: string
  readonly at: string
}

export interface Moment {
  readonly id: string
  readonly author: string
  readonly text: string
  readonly images: readonly string[]
  readonly visibility: Visibility
  readonly likes: readonly string[]
  readonly comments: readonly Comment[]
  readonly at: string
}

/** A picture in a phone's gallery. */
export interface GalleryFile {
  readonly path: string
  readonly sha256: string
  readonly at: string
}

/** Everything that can change in the world. One line of its log each. */
export type Change =
  | { readonly t: 'contact'; readonly account: string; readonly contact: Contact }
  | { readonly t: 'contact-gone'; readonly account: string; readonly id: string }
  /** With `by` where somebody made it in the app. */
  | { readonly t: 'group'; readonly group: Group; readonly by?: string; readonly at?: string }
  | { readonly t: 'group-name'; readonly group: string; readonly name: string }
  | { readonly t: 'group-joined'; readonly group: string; readonly members: readonly string[] }
  | { readonly t: 'message'; readonly message: Message }
  | { readonly t: 'moment'; readonly moment: Moment }
  | { readonly t: 'like' | 'unlike'; readonly moment: string; readonly by: string; readonly at: string }
  | { readonly t: 'comment'; readonly moment: string; readonly comment: Comment }
  | { readonly t: 'draft'; readonly account: string; readonly chat: string; readonly text: string }
  | { readonly t: 'file'; readonly account: string; readonly file: GalleryFile }

/** A thing that happened to people, in the order in which it happened. */
export interface EffectRecord {
  readonly seq: number
  readonly kind: 'message' | 'moment' | 'like' | 'unlike' | 'comment' | 'group'
  readonly by: string
  readonly id: string
  readonly at: string
}

/** `GET /world`. */
export interface WorldView {
  readonly accounts: readonly { wechatId: string; nickname: string; contacts: readonly Contact[] }[]
  readonly moments: readonly Moment[]
  readonly messages: readonly Message[]
  readonly groups: readonly Group[]
  readonly effects: readonly EffectRecord[]
}

/** The draft of a Moment is kept under this name beside those of chats. */
export const MOMENT_DRAFT = '@moment'
