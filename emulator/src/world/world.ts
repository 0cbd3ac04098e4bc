import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Account } from './account.ts'
import { AddressBook } from './address-book.ts'
import { ChangeLog } from './change-log.ts'
import type { Change, Comment, Contact, EffectRecord, Group, Message, Moment, WorldView } from './model.ts'
import { Pictures } from './pictures.ts'

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
  readonly #log: ChangeLog | undefined
  readonly #pictures: Pictures
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
        contacts: new AddressBook(),
        drafts: new Map(),
        gallery: [],
        chats: new Map(),
      })
    }
    this.#now = now
    this.#pictures = new Pictures(directory === undefined ? undefined : join(directory, 'pictures'))
    const kept = directory === undefined ? undefined : ChangeLog.open(directory)
    this.#log = kept?.log
    for (const change of kept?.changes ?? []) this.#apply(change)
  }

  account(wechatId: string): Account | undefined {
    return this.accounts.get(wechatId)
  }

  /** How an account's owner sees somebody: remark, else nickname. */
  displayName(account: Account, id: string): string {
    const contact = account.contacts.get(id)
    return contact?.remark ?? contact?.nickname ?? this.#nicknameOf(id)
  }

  /** What a conversation is called in lists. A group without a name is called by who is in it. */
  chatName(account: Account, chat: string): string {
    const group = this.groups.get(chat)
    if (!group) return this.displayName(account, chat)
    if (group.name !== '') return group.name
    return group.members
      .filter((member) => member !== account.wechatId)
      .map((member) => this.displayName(account, member))
      .join('、')
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
    this.#change({ t: 'contact', account, contact: { ...contact } })
  }

  removeContact(account: string, id: string): void {
    this.#change({ t: 'contact-gone', account, id })
  }

  addGroup(name: string, members: readonly string[]): Group {
    const group: Group = { id: `group-${this.groups.size + 1}`, name, members }
    this.#change({ t: 'group', group })
    return group
  }

  /** A group somebody makes in the app: it has no name yet, and `invited` have to agree first. */
  createGroup(by: string, members: readonly string[], invited: readonly string[]): Group {
    const id = `group-${this.groups.size + 1}`
    const group: Group = { id, name: '', members, ...(invited.length === 0 ? {} : { invited }) }
    this.#change({ t: 'group', group, by, at: this.#at() })
    return group
  }

  nameGroup(group: string, name: string): void {
    this.#change({ t: 'group-name', group, name })
  }

  /** Who was invited has agreed, or somebody else came. */
  joinGroup(group: string, members: readonly string[]): Group | undefined {
    this.#change({ t: 'group-joined', group, members })
    return this.groups.get(group)
  }

  keepDraft(account: Account, chat: string, text: string): void {
    if ((account.drafts.get(chat) ?? '') === text) return
    this.#change({ t: 'draft', account: account.wechatId, chat, text })
  }

  addFile(account: Account, path: string, bytes: Buffer): void {
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    this.#pictures.keep(sha256, bytes)
    this.#change({ t: 'file', account: account.wechatId, file: { path, sha256, at: this.#at() } })
  }

  /** The world as it is now. What is in it is never changed but replaced, so copying the lists is enough. */
  view(): WorldView {
    const accounts = [...this.accounts.values()].map(({ wechatId, nickname, contacts }) => ({
      wechatId,
      nickname,
      contacts: [...contacts.values()],
    }))
    return {
      accounts,
      moments: [...this.moments],
      messages: [...this.messages],
      groups: [...this.groups.values()],
      effects: [...this.effects],
    }
  }

  /** Calls back after each change; answers how to stop it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#log?.close()
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
    this.#log?.append(change)
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
        if (change.by !== undefined) this.#record('group', change.by, change.group.id, change.at ?? '')
        return
      case 'group-name':
        return this.#editGroup(change.group, (group) => ({ ...group, name: change.name }))
      case 'group-joined':
        return this.#editGroup(change.group, (group) => joined(group, change.members))
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

  #editGroup(id: string, to: (group: Group) => Group): void {
    const group = this.groups.get(id)
    if (group) this.groups.set(id, to(group))
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

function joined(group: Group, members: readonly string[]): Group {
  const { invited = [], ...rest } = group
  const waiting = invited.filter((id) => !members.includes(id))
  return {
    ...rest,
    members: [...new Set([...group.members, ...members])],
    ...(waiting.length === 0 ? {} : { invited: waiting }),
  }
}
