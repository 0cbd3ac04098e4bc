import { createHash } from 'node:crypto'
import { ChangeLog } from './change-log.ts'
import type { Change, Comment, Contact, EffectRecord, GalleryFile, Group, Message, Moment, WorldView } from './model.ts'

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

/** What a message is made of before it has been sent. */
export type Outgoing =
  | { readonly kind: 'TEXT'; readonly text: string }
  | { readonly kind: 'IMAGE'; readonly image: string }

/**
 * The truth behind all emulated phones: who knows whom, what was sent, what was posted. Every change is on disk before
 * the call returns.
 */
export class World {
  readonly accounts = new Map<string, Account>()
  readonly groups = new Map<string, Group>()
  readonly moments: Moment[] = []
  readonly messages: Message[] = []
  readonly effects: EffectRecord[] = []
  readonly #log: ChangeLog
  readonly #now: () => number
  readonly #listeners = new Set<() => void>()

  /** @param directory keeps the world there; without one it lives as long as the process */
  constructor(
    accounts: readonly { wechatId: string; nickname: string }[],
    directory: string | undefined,
    now: () => number,
  ) {
    for (const { wechatId, nickname } of accounts) {
      this.accounts.set(wechatId, {
        wechatId,
        nickname,
        region: '中国',
        contacts: new Map(),
        drafts: new Map(),
        gallery: [],
        chats: new Map(),
      })
    }
    this.#now = now
    const { log, changes } = ChangeLog.open(directory)
    this.#log = log
    for (const change of changes) this.#apply(change)
  }

  account(wechatId: string): Account | undefined {
    return this.accounts.get(wechatId)
  }

  /** How an account's owner sees somebody: remark, else nickname. */
  displayName(account: Account, id: string): string {
    const contact = account.contacts.get(id)
    return contact?.remark ?? contact?.nickname ?? this.#nicknameOf(id)
  }

  groupsOf(account: Account): Group[] {
    return [...this.groups.values()].filter((group) => group.members.includes(account.wechatId))
  }

  /** Moments an account may see, newest first. */
  timelineOf(account: Account): Moment[] {
    return this.moments
      .filter((moment) => moment.author === account.wechatId || this.#mayRead(account, moment))
      .toReversed()
  }

  send(from: string, target: { to: string } | { group: string }, content: Outgoing): Message {
    const message: Message = { id: `message-${this.messages.length + 1}`, from, ...target, ...content, at: this.#at() }
    this.#change({ t: 'message', message })
    return message
  }

  post(moment: Pick<Moment, 'author' | 'text' | 'images' | 'visibility'>): Moment {
    const id = `moment-${this.moments.length + 1}`
    const posted: Moment = { id, ...moment, likes: [], comments: [], at: this.#at() }
    this.#change({ t: 'moment', moment: posted })
    return posted
  }

  setLike(moment: string, by: string, liked: boolean): void {
    const found = this.moments.find((one) => one.id === moment)
    if (!found || found.likes.includes(by) === liked) return
    this.#change({ t: liked ? 'like' : 'unlike', moment, by, at: this.#at() })
  }

  comment(moment: string, by: string, text: string): void {
    this.#change({ t: 'comment', moment, comment: { by, text, at: this.#at() } })
  }

  addContact(account: string, contact: Contact): void {
    this.#change({ t: 'contact', account, contact })
  }

  removeContact(account: string, id: string): void {
    this.#change({ t: 'contact-gone', account, id })
  }

  addGroup(name: string, members: readonly string[]): Group {
    const group: Group = { id: `group-${this.groups.size + 1}`, name, members }
    this.#change({ t: 'group', group })
    return group
  }

  keepDraft(account: Account, chat: string, text: string): void {
    if ((account.drafts.get(chat) ?? '') === text) return
    this.#change({ t: 'draft', account: account.wechatId, chat, text })
  }

  addFile(account: Account, path: string, bytes: Buffer): void {
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    this.#log.keepPicture(sha256, bytes)
    this.#change({ t: 'file', account: account.wechatId, file: { path, sha256, at: this.#at() } })
  }

  view(): WorldView {
    const accounts = [...this.accounts.values()].map(({ wechatId, nickname, contacts }) => ({
      wechatId,
      nickname,
      contacts: [...contacts.values()],
    }))
    return structuredClone({
      accounts,
      moments: this.moments,
      messages: this.messages,
      groups: [...this.groups.values()],
      effects: this.effects,
    })
  }

  /** Calls back after each change; answers how to stop it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#log.close()
  }

  #at(): string {
    return new Date(this.#now()).toISOString()
  }

  #nicknameOf(id: string): string {
    const account = this.accounts.get(id)
    if (account) return account.nickname
    for (const other of this.accounts.values()) {
      const contact = other.contacts.get(id)
      if (contact) return contact.nickname
    }
    return id
  }

  #mayRead(account: Account, moment: Moment): boolean {
    if (!account.contacts.has(moment.author)) return false
    const { visibility } = moment
    if (visibility === 'ALL' || visibility === 'PRIVATE') return visibility === 'ALL'
    return visibility.contacts.includes(account.wechatId) === (visibility.type === 'INCLUDE')
  }

  #change(change: Change): void {
    this.#log.append(change)
    this.#apply(change)
    for (const listener of this.#listeners) listener()
  }

  #apply(change: Change): void {
    switch (change.t) {
      case 'contact':
        this.#owner(change.account)?.contacts.set(change.contact.id, change.contact)
        return
      case 'contact-gone':
        this.#owner(change.account)?.contacts.delete(change.id)
        return
      case 'group':
        this.groups.set(change.group.id, change.group)
        return
      case 'message':
        return this.#deliver(change.message)
      case 'moment':
        this.moments.push(change.moment)
        return this.#record('moment', change.moment.author, change.moment.id, change.moment.at)
      case 'like':
      case 'unlike':
        this.#edit(change.moment, (moment) => ({
          ...moment,
          likes: [...moment.likes.filter((by) => by !== change.by), ...(change.t === 'like' ? [change.by] : [])],
        }))
        return this.#record(change.t, change.by, change.moment, change.at)
      case 'comment':
        this.#addComment(change.moment, change.comment)
        return
      case 'draft': {
        const drafts = this.#owner(change.account)?.drafts
        if (change.text === '') drafts?.delete(change.chat)
        else drafts?.set(change.chat, change.text)
        return
      }
      case 'file':
        this.#owner(change.account)?.gallery.push(change.file)
    }
  }

  #owner(wechatId: string): Account | undefined {
    return this.accounts.get(wechatId)
  }

  #addComment(moment: string, comment: Comment): void {
    this.#edit(moment, (found) => ({ ...found, comments: [...found.comments, comment] }))
    this.#record('comment', comment.by, moment, comment.at)
  }

  #edit(id: string, to: (moment: Moment) => Moment): void {
    const index = this.moments.findIndex((moment) => moment.id === id)
    const moment = this.moments[index]
    if (moment) this.moments[index] = to(moment)
  }

  #deliver(message: Message): void {
    this.messages.push(message)
    const { from, to, group } = message
    if (group !== undefined) {
      for (const member of this.groups.get(group)?.members ?? []) this.#intoChat(member, group, message)
    } else if (to !== undefined) {
      this.#intoChat(from, to, message)
      if (to !== from) this.#intoChat(to, from, message)
    }
    this.#record('message', from, message.id, message.at)
  }

  #intoChat(owner: string, chat: string, message: Message): void {
    const chats = this.accounts.get(owner)?.chats
    if (!chats) return
    const messages = chats.get(chat) ?? []
    messages.push(message)
    chats.delete(chat)
    chats.set(chat, messages)
  }

  #record(kind: EffectRecord['kind'], by: string, id: string, at: string): void {
    this.effects.push({ seq: this.effects.length + 1, kind, by, id, at })
  }
}
