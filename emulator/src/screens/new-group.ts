import type { Handset } from '../phone/handset.ts'
import { SelectContacts } from './select-contacts.ts'

/** In a larger group, who is invited has to agree first. */
const MOST_WITHOUT_CONSENT = 40

/** 发起群聊: picks people and makes a group of them. */
export const newGroup = (phone: Handset): SelectContacts =>
  new SelectContacts(phone, { title: '发起群聊', label: '确定', onDone: (ids) => start(phone, ids) })

function start(phone: Handset, picked: readonly string[]): void {
  const [first, ...others] = picked
  // One person is no group.
  if (first !== undefined && others.length === 0) openChat(phone, first)
  else phone.lastTap(() => invite(phone, picked))
}

function invite(phone: Handset, picked: readonly string[]): void {
  const refused = picked.filter((id) => refuses(phone, id))
  const invited = picked.filter((id) => !refused.includes(id))
  const tell = (): void => {
    if (refused.length > 0) phone.dialog(refusal(phone, refused), [['确定', () => undefined]])
  }
  if (invited.length < 2) return tell()
  const create = (): void => {
    const { wechatId } = phone.account
    const { id } = phone.world.createGroup(
      wechatId,
      [wechatId, ...invited.slice(0, MOST_WITHOUT_CONSENT - 1)],
      invited.slice(MOST_WITHOUT_CONSENT - 1),
    )
    openChat(phone, id)
    tell()
  }
  if (invited.length < MOST_WITHOUT_CONSENT) return create()
  phone.dialog(`群聊人数超过${MOST_WITHOUT_CONSENT}人，对方同意邀请后才会进入群聊，现在邀请？`, [
    ['取消', () => undefined],
    ['邀请', create],
  ])
}

/** Somebody who has removed the account from the own contacts cannot be invited. */
function refuses(phone: Handset, id: string): boolean {
  const other = phone.world.account(id)
  if (other && !other.contacts.has(phone.account.wechatId)) return true
  return phone.faults.take('INVITEE_REFUSED') !== undefined
}

function refusal(phone: Handset, refused: readonly string[]): string {
  const names = refused.map((id) => phone.world.displayName(phone.account, id)).join('、')
  return `你无法邀请未添加你为好友的用户进去群聊，请先向${names}发送朋友验证申请。对方通过验证后，才能加入群聊。`
}

function openChat(phone: Handset, chat: string): void {
  phone.goHome()
  phone.open(phone.screens.chat(chat))
}
