/** What an app version says when only a person can go on. Matched as parts of what is written on the screen. */
interface WarningTexts {
  readonly loggedOut: readonly string[]
  /** The account acts too often; the notice itself can be closed. */
  readonly tooOften: readonly string[]
  /** A check that a person is there, or an account that was taken away: to be left as it is for that person. */
  readonly risk: readonly string[]
}

const TOO_OFTEN = ['操作过于频繁', '发送消息过于频繁', '操作频繁']
const VERIFICATION = ['安全验证', '身份验证', '完成验证', '拖动滑块', '环境异常', '存在安全风险']
const PUNISHMENT = ['限制登录', '被限制使用', '被封禁', '被冻结', '涉嫌违规', '违反了']

const BY_VERSION: Readonly<Record<string, WarningTexts>> = {
  '8.0.49': {
    loggedOut: [
      '你已退出微信',
      '你的账号在其他设备登录',
      '账号已在其他设备登录',
      '登录过期',
      '登录已失效',
      '请重新登录',
    ],
    tooOften: TOO_OFTEN,
    risk: [...VERIFICATION, ...PUNISHMENT, '账号异常'],
  },
  '8.0.42': {
    loggedOut: [
      '你已退出微信',
      '你的帐号在其他设备登录',
      '帐号已在其他设备登录',
      '登录过期',
      '登录已失效',
      '请重新登录',
    ],
    tooOften: TOO_OFTEN,
    risk: [...VERIFICATION, ...PUNISHMENT, '帐号异常'],
  },
}

export type Warning = keyof WarningTexts

/**
 * Whether words warn of something. The signs of every version count on each: one that is overlooked can cost the
 * account, one too many costs a person a look.
 */
export function warningIn(words: string): Warning | undefined {
  const says = (kind: Warning): boolean =>
    Object.values(BY_VERSION).some((signs) => signs[kind].some((sign) => words.includes(sign)))
  // What is gravest first: a ban notice may speak of signing in again too.
  return (['risk', 'loggedOut', 'tooOften'] as const).find(says)
}
