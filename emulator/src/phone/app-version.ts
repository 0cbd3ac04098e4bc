/** What the app gives a resource id of its own, by what it is. */
type IdName =
  | 'action'
  | 'album'
  | 'author'
  | 'back'
  | 'bubble'
  | 'camera'
  | 'cell'
  | 'comment'
  | 'controls'
  | 'dialogButton'
  | 'dialogText'
  | 'face'
  | 'heading'
  | 'input'
  | 'likes'
  | 'member'
  | 'menuName'
  | 'momentText'
  | 'picture'
  | 'popupItem'
  | 'rowDetail'
  | 'rowName'
  | 'send'
  | 'sheetItem'
  | 'tab'
  | 'title'
  | 'tool'
  | 'version'

/** Where the screens of two app versions differ. Ids are obfuscated anew in every release. */
export interface AppVersion {
  readonly name: string
  readonly ids: Readonly<Record<IdName, string>>
  /** Class of the names in the list of chats and of what is said. */
  readonly chatName: string
  /** Class of what is ticked in pickers. */
  readonly tick: string
  readonly activities: { readonly chat: string; readonly groupInfo: string; readonly groupMembers: string }
  readonly morePanel: string
  readonly momentHint: string
  /** Between two of those who like a Moment. */
  readonly likedBy: string
  /** The button of a dialog that only tells something. */
  readonly understood: string
  /** What can become of a Moment that is left before it is published. */
  readonly leave: { readonly drop: string; readonly keep: string }
  readonly contactCount: (count: number) => string
  readonly ownId: (wechatId: string) => string
  readonly versionLine: (name: string) => string
}

const withPackage = (names: Readonly<Record<IdName, string>>): Readonly<Record<IdName, string>> => {
  const full = { ...names }
  for (const name of Object.keys(full) as IdName[]) full[name] = `com.tencent.mm:id/${names[name]}`
  return full
}

const V8_0_49: AppVersion = {
  name: '8.0.49',
  ids: withPackage({
    action: 'kaq',
    album: 'fp8',
    author: 'kbb',
    back: 'actionbar_up_indicator_btn',
    bubble: 'bkl',
    camera: 'coz',
    cell: 'jdh',
    comment: 'n5c',
    controls: 'eop',
    dialogButton: 'mm_alert_ok_btn',
    dialogText: 'mm_alert_msg',
    face: 'a27',
    heading: 'odf',
    input: 'bkk',
    likes: 'n4r',
    member: 'jy3',
    menuName: 'm7k',
    momentText: 'cut',
    picture: 'bkm',
    popupItem: 'eoc',
    rowDetail: 'ht5',
    rowName: 'kbq',
    send: 'bql',
    sheetItem: 'oa3',
    tab: 'icon_tv',
    title: 'obn',
    tool: 'jha',
    version: 'cxq',
  }),
  chatName: 'android.view.View',
  tick: 'CheckBox',
  // Newer builds host conversations in the first screen's activity.
  activities: {
    chat: 'ui.LauncherUI',
    groupInfo: 'chatroom.ui.ChatroomInfoUI',
    groupMembers: 'chatroom.ui.SeeRoomMemberUI',
  },
  morePanel: '更多功能按钮，已折叠',
  momentHint: '这一刻的想法...',
  likedBy: ', ',
  understood: '我知道了',
  leave: { drop: '不保留', keep: '保留' },
  contactCount: (count) => `${count}个朋友`,
  ownId: (wechatId) => `微信号：${wechatId}`,
  versionLine: (name) => `版本 ${name}`,
}

const V8_0_42: AppVersion = {
  name: '8.0.42',
  ids: withPackage({
    action: 'gpd',
    album: 'eyk',
    author: 'hje',
    back: 'fz1',
    bubble: 'b4b',
    camera: 'ch3',
    cell: 'gpy',
    comment: 'm1b',
    controls: 'dlw',
    dialogButton: 'gv3',
    dialogText: 'guv',
    face: 'b9s',
    heading: 'kpm',
    input: 'b4a',
    likes: 'm1a',
    member: 'ivq',
    menuName: 'iw6',
    momentText: 'c2h',
    picture: 'b4c',
    popupItem: 'dl5',
    rowDetail: 'hg7',
    rowName: 'hg4',
    send: 'b8k',
    sheetItem: 'knx',
    tab: 'f2s',
    title: 'ko4',
    tool: 'g4v',
    version: 'c9t',
  }),
  chatName: 'TextView',
  tick: 'android.view.View',
  activities: {
    chat: 'ui.chatting.ChattingUI',
    groupInfo: 'plugin.chatroom.ui.ChatroomInfoUI',
    groupMembers: 'plugin.chatroom.ui.SeeRoomMemberUI',
  },
  morePanel: '更多功能按钮',
  momentHint: '这一刻的想法…',
  likedBy: '，',
  understood: '知道了',
  leave: { drop: '不保存', keep: '保存' },
  contactCount: (count) => `${count}位联系人`,
  ownId: (wechatId) => `微信号: ${wechatId}`,
  versionLine: (name) => `版本${name}`,
}

/** Phones come with one of two app versions in turn. */
export const appVersionOf = (phoneNumber: number): AppVersion => (phoneNumber % 2 === 1 ? V8_0_49 : V8_0_42)
