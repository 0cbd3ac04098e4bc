/** What an error stops: the one item, everything of the account, or the whole task. */
export type ErrorScope = 'item' | 'account' | 'task'

/** How a code of the closed set is to be treated, on the phone and in the plane. */
export interface ErrorInfo {
  /** Whether trying again, later and unchanged, can succeed. */
  readonly retryable: boolean
  readonly stops: ErrorScope
  /** One sentence for people. */
  readonly meaning: string
}

const table = {
  DEVICE_OFFLINE: { retryable: true, stops: 'item', meaning: 'The device had no session until the delivery deadline.' },
  DEVICE_UNREACHABLE: {
    retryable: true,
    stops: 'item',
    meaning: 'The device has a session but its screen could not be reached.',
  },
  QUEUE_FULL: { retryable: true, stops: 'item', meaning: 'The device has too much work waiting.' },
  DELIVERY_EXPIRED: {
    retryable: true,
    stops: 'item',
    meaning: 'The command was written but its receipt was not confirmed in time.',
  },
  LEASE_LOST: { retryable: false, stops: 'item', meaning: 'The device fell silent while it worked on the command.' },
  APP_NOT_READY: { retryable: true, stops: 'item', meaning: 'WeChat could not be brought to its home screen.' },
  LOGIN_REQUIRED: {
    retryable: false,
    stops: 'account',
    meaning: 'The account is logged out; a person has to sign in on the phone.',
  },
  RISK_CONTROL: {
    retryable: false,
    stops: 'account',
    meaning: 'WeChat warned or limited the account; a person has to clear it.',
  },
  UI_CHANGED: {
    retryable: false,
    stops: 'account',
    meaning: 'The screen was not the expected one; the app may have changed.',
  },
  UI_TREE_EMPTY: { retryable: false, stops: 'account', meaning: 'The app does not show its node tree on this phone.' },
  CONTACT_NOT_FOUND: { retryable: false, stops: 'item', meaning: 'The phone has no such contact or group.' },
  CONTACT_AMBIGUOUS: { retryable: false, stops: 'item', meaning: 'Several contacts fit and nothing tells them apart.' },
  UNSUPPORTED: { retryable: false, stops: 'task', meaning: 'The agent does not know this command.' },
  UNKNOWN_EFFECT: {
    retryable: false,
    stops: 'item',
    meaning: 'Nobody can know whether the last tap counted; it is not repeated.',
  },
  CANCELLED: { retryable: false, stops: 'item', meaning: 'An operator cancelled it before it took effect.' },
  TOO_LATE: { retryable: false, stops: 'item', meaning: 'Its time was over before it could run.' },
  BUDGET_SPENT: { retryable: true, stops: 'item', meaning: 'The account has done all it may do today.' },
  OPTED_OUT: { retryable: false, stops: 'item', meaning: 'The customer does not want messages.' },
  QUIET_HOURS: { retryable: true, stops: 'item', meaning: 'It is quiet hours for the account.' },
  MISSING_VARIABLE: {
    retryable: false,
    stops: 'item',
    meaning: 'A variable of the template has no value for this receiver.',
  },
} as const satisfies Record<string, ErrorInfo>

/** The closed set shared by protocol, REST and SDK. */
export type ErrorCode = keyof typeof table

export const ERROR_CODES: readonly ErrorCode[] = Object.keys(table) as ErrorCode[]

/** Facts about a code. */
export const errorInfo = (code: ErrorCode): ErrorInfo => table[code]

/** Whether a text from the wire is a code this version knows. */
export const isErrorCode = (value: string): value is ErrorCode => Object.hasOwn(table, value)
