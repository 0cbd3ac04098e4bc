/** The names an app version uses where versions differ. Ids are obfuscated anew in every release. */
export interface AppVersion {
  readonly name: string
  readonly ids: {
    readonly title: string
    readonly rowName: string
    readonly rowDetail: string
    readonly input: string
    readonly send: string
    readonly bubble: string
    readonly picture: string
    readonly author: string
    readonly momentText: string
    readonly likes: string
    readonly comment: string
    readonly member: string
    readonly cell: string
  }
  /** Class of the names in the list of chats. */
  readonly chatName: string
  readonly morePanel: string
  readonly contactCount: (count: number) => string
}

const id = (name: string): string => `com.tencent.mm:id/${name}`

const V8_0_49: AppVersion = {
  name: '8.0.49',
  ids: {
    title: id('obn'),
    rowName: id('kbq'),
    rowDetail: id('ht5'),
    input: id('bkk'),
    send: id('bql'),
    bubble: id('bkl'),
    picture: id('bkm'),
    author: id('kbb'),
    momentText: id('cut'),
    likes: id('n4r'),
    comment: id('n5c'),
    member: id('jy3'),
    cell: id('jdh'),
  },
  chatName: 'android.view.View',
  morePanel: '更多功能按钮，已折叠',
  contactCount: (count) => `${count}个朋友`,
}

const V8_0_42: AppVersion = {
  name: '8.0.42',
  ids: {
    title: id('ko4'),
    rowName: id('hg4'),
    rowDetail: id('hg7'),
    input: id('b4a'),
    send: id('b8k'),
    bubble: id('b4b'),
    picture: id('b4c'),
    author: id('hje'),
    momentText: id('c2h'),
    likes: id('m1a'),
    comment: id('m1b'),
    member: id('ivq'),
    cell: id('gpy'),
  },
  chatName: 'TextView',
  morePanel: '更多功能按钮',
  contactCount: (count) => `${count}位联系人`,
}

/** Phones come with one of two app versions in turn. */
export const appVersionOf = (phoneNumber: number): AppVersion => (phoneNumber % 2 === 1 ? V8_0_49 : V8_0_42)
