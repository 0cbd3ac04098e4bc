import { AgentError } from '@muster/sdk/agent'

/**
 * What differs between app versions. Ids are obfuscated anew in every release, so they serve only where the text is
 * somebody's own and may be anything: names, messages, posts.
 */
export interface Locators {
  readonly title: string
  readonly rowName: string
  readonly rowDetail: string
  readonly bubble: string
  readonly picture: string
  readonly author: string
  readonly momentText: string
  readonly comment: string
  readonly member: string
  readonly tick: string
  /** The last row of the list of contacts; its number is how many there are. */
  readonly contactCount: RegExp
}

const id = (name: string): string => `com.tencent.mm:id/${name}`

const BY_VERSION: Readonly<Record<string, Locators>> = {
  '8.0.49': {
    title: id('obn'),
    rowName: id('kbq'),
    rowDetail: id('ht5'),
    bubble: id('bkl'),
    picture: id('bkm'),
    author: id('kbb'),
    momentText: id('cut'),
    comment: id('n5c'),
    member: id('jy3'),
    tick: id('jdh'),
    contactCount: /^(\d+)个朋友$/,
  },
  '8.0.42': {
    title: id('ko4'),
    rowName: id('hg4'),
    rowDetail: id('hg7'),
    bubble: id('b4b'),
    picture: id('b4c'),
    author: id('hje'),
    momentText: id('c2h'),
    comment: id('m1b'),
    member: id('ivq'),
    tick: id('gpy'),
    contactCount: /^(\d+)位联系人$/,
  },
}

/** The versions whose screens are known. */
export const KNOWN_VERSIONS: readonly string[] = Object.keys(BY_VERSION)

/** Throws UI_CHANGED for a version nobody has looked at. */
export function locatorsFor(version: string): Locators {
  const found = BY_VERSION[version]
  if (found) return found
  throw new AgentError(
    'UI_CHANGED',
    `WeChat ${version} is not known to this agent; known are ${KNOWN_VERSIONS.join(', ')}`,
  )
}
