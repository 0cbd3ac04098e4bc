import { DELIVER_WITHIN_MS, type PlaneParts } from './plane-parts.ts'
import type { PlayedPhone } from './played-phone.ts'

// Every state of a task, every operation, with the phone there, away, or back after the plane was killed: as data.

const LEASE_MS = 61_000
const OTHER_OPERATOR = 2

export interface Stage {
  readonly parts: PlaneParts
  readonly phone: PlayedPhone
  taskId: number
}
export type Act = (stage: Stage) => unknown
/** An act on each stage, or time that passes for all of them: they share a clock. */
export type Step = Act | number

const make =
  (status: 'DRAFT' | 'IN_REVIEW' | 'SCHEDULED'): Act =>
  async (stage) => {
    stage.taskId = await stage.parts.task(stage.phone, { status })
  }
const start: Act = async ({ parts, taskId }) => await parts.operations.start(taskId)
const connect: Act = ({ phone }) => phone.connect()
const cut: Act = ({ phone }) => phone.cut()
const deafen: Act = ({ phone }) => (phone.deaf = true)
const mute: Act = ({ phone }) => (phone.mute = true)
const doOne: Act = ({ phone }) => phone.doOne()
const doAll: Act = ({ phone }) => phone.doAll()

const begin = [make('SCHEDULED'), start]
const write = [connect, deafen, ...begin]
const reach = [connect, mute, ...begin, cut]
const receive = [connect, ...begin]
const half = [...receive, doOne]

/** How far a task of two items has come when the operator acts. */
export const SITUATIONS = {
  'is a draft': [make('DRAFT')],
  'is in review': [make('IN_REVIEW')],
  'is scheduled': [make('SCHEDULED')],
  'waits for a phone that is away': begin,
  'is on its way to the phone': write,
  'was lost in a cut': [...write, cut],
  'reached the phone, which could not say so': reach,
  'is on the phone': receive,
  'is half done': half,
  'is half done on a phone that is away': [...half, cut],
  'is half done on a phone whose lease is over': [...half, cut, LEASE_MS],
  'was lost in a cut, and its delivery deadline is over': [...write, cut, DELIVER_WITHIN_MS],
  'reached the phone, which could not say so before the deadline': [...reach, DELIVER_WITHIN_MS],
  'has failed': [...receive, ({ phone }) => phone.fail()],
  'is done': [...receive, doAll],
} satisfies Record<string, readonly Step[]>

export const operate =
  (verb: 'cancel' | 'pause' | 'resume' | 'retryFailed'): Act =>
  async ({ parts, taskId }) =>
    await parts.operations[verb](taskId)

export const OPERATIONS = {
  cancel: [operate('cancel')],
  pause: [operate('pause')],
  'pause, cancel': [operate('pause'), operate('cancel')],
  'pause, resume': [operate('pause'), operate('resume')],
  'pause, resume, cancel': [operate('pause'), operate('resume'), operate('cancel')],
  kill: [async ({ parts, taskId }) => await parts.killSwitch('TASK', taskId)],
  /** Of the second item's customer. */
  'opt-out': [async ({ parts, taskId }) => await parts.optOut((await parts.items(taskId))[1]?.customerId ?? 0)],
  'delete device': [async ({ parts, phone }) => await parts.removeDevice(phone.deviceId)],
  resume: [operate('resume')],
  'retry-failed': [operate('retryFailed')],
  approve: [async ({ parts, taskId }) => await parts.operations.approve(taskId, OTHER_OPERATOR)],
  reject: [async ({ parts, taskId }) => await parts.operations.reject(taskId, 'no')],
} satisfies Record<string, readonly Act[]>
export type Operation = keyof typeof OPERATIONS

/** After these nothing may be written to a phone any more. */
export const FINAL: readonly Operation[] = ['cancel', 'pause', 'pause, cancel', 'kill', 'delete device']

/** Then the phone is there again, and does what it still has to. */
export const BACK: readonly Step[] = [
  async ({ parts, taskId }) => await parts.operations.startIfDue(taskId),
  ({ phone }) => {
    phone.mute = false
    phone.listen()
    if (!phone.connected) phone.connect()
  },
  doAll,
  doAll,
]
/** Or nobody hears of it again. */
export const AWAY: readonly Step[] = [cut, LEASE_MS, DELIVER_WITHIN_MS]

/**
 * What the task and its items are in the end: when the phone comes back, and when it stays away. `?` stands after what
 * it may still change. A single operation that is not listed is refused and changes nothing.
 */
export const ENDS: Record<
  keyof typeof SITUATIONS,
  Partial<Record<Operation, readonly [back: string, away?: string]>>
> = {
  'is a draft': {
    cancel: ['CANCELLED cancelled cancelled'],
    kill: ['DRAFT pending pending'],
    'opt-out': ['DRAFT pending skipped'],
    'delete device': ['DRAFT cancelled cancelled'],
    resume: ['COMPLETED succeeded succeeded'],
  },
  'is in review': {
    cancel: ['CANCELLED cancelled cancelled'],
    kill: ['IN_REVIEW pending pending'],
    'opt-out': ['IN_REVIEW pending skipped'],
    'delete device': ['IN_REVIEW cancelled cancelled'],
    approve: ['COMPLETED succeeded succeeded'],
    reject: ['DRAFT pending pending'],
  },
  'is scheduled': {
    cancel: ['CANCELLED cancelled cancelled'],
    pause: ['PAUSED pending pending'],
    'pause, resume': ['COMPLETED succeeded succeeded'],
    // What begins under a kill switch waits for it to be lifted.
    kill: ['PROCESSING pending pending'],
    'opt-out': ['PARTIAL succeeded skipped'],
    'delete device': ['FAILED cancelled cancelled'],
  },
  'waits for a phone that is away': {
    cancel: ['CANCELLED cancelled cancelled', 'CANCELLED cancelled cancelled'],
    pause: ['PAUSED pending pending', 'PAUSED pending pending'],
    'pause, resume': ['COMPLETED succeeded succeeded', 'FAILED expired expired'],
    kill: ['FAILED cancelled cancelled', 'FAILED cancelled cancelled'],
    'opt-out': ['PARTIAL succeeded skipped', 'FAILED expired skipped'],
    'delete device': ['FAILED cancelled cancelled', 'FAILED cancelled cancelled'],
  },
  'is on its way to the phone': {
    cancel: ['CANCELLED cancelled cancelled', 'CANCELLED cancelled? cancelled?'],
    pause: ['PAUSED pending pending', 'PAUSED expired? expired?'],
    'pause, cancel': ['CANCELLED cancelled cancelled', 'CANCELLED cancelled? cancelled?'],
    'pause, resume': ['COMPLETED succeeded succeeded', 'FAILED expired? expired?'],
    'pause, resume, cancel': ['CANCELLED cancelled cancelled', 'CANCELLED cancelled? cancelled?'],
    kill: ['FAILED cancelled cancelled', 'FAILED cancelled? cancelled?'],
    'opt-out': ['PARTIAL succeeded skipped', 'FAILED expired? expired?'],
    'delete device': ['FAILED unknown_effect unknown_effect', 'FAILED unknown_effect unknown_effect'],
  },
  'was lost in a cut': {
    cancel: ['CANCELLED cancelled cancelled', 'CANCELLED cancelled? cancelled?'],
    pause: ['PAUSED pending pending', 'PAUSED expired? expired?'],
    'pause, resume': ['COMPLETED succeeded succeeded', 'FAILED expired? expired?'],
    kill: ['FAILED cancelled cancelled', 'FAILED cancelled? cancelled?'],
    'opt-out': ['PARTIAL succeeded skipped', 'FAILED expired? expired?'],
    'delete device': ['FAILED unknown_effect unknown_effect', 'FAILED unknown_effect unknown_effect'],
  },
  'reached the phone, which could not say so': {
    cancel: ['CANCELLED cancelled cancelled', 'CANCELLED cancelled? cancelled?'],
    pause: ['PAUSED pending pending', 'PAUSED expired? expired?'],
    'pause, cancel': ['CANCELLED cancelled cancelled', 'CANCELLED cancelled? cancelled?'],
    'pause, resume': ['COMPLETED succeeded succeeded', 'FAILED expired? expired?'],
    kill: ['FAILED cancelled cancelled', 'FAILED cancelled? cancelled?'],
    'opt-out': ['PARTIAL succeeded skipped', 'FAILED expired? expired?'],
    'delete device': ['FAILED unknown_effect unknown_effect', 'FAILED unknown_effect unknown_effect'],
  },
  'is on the phone': {
    cancel: ['CANCELLED cancelled cancelled', 'CANCELLED cancelled cancelled'],
    pause: ['PAUSED pending pending', 'PAUSED pending pending'],
    'pause, cancel': ['CANCELLED cancelled cancelled', 'CANCELLED cancelled cancelled'],
    'pause, resume': ['COMPLETED succeeded succeeded', 'FAILED unknown_effect? unknown_effect?'],
    'pause, resume, cancel': ['CANCELLED cancelled cancelled', 'CANCELLED cancelled cancelled'],
    kill: ['FAILED cancelled cancelled', 'FAILED cancelled cancelled'],
    'opt-out': ['PARTIAL succeeded skipped', 'FAILED unknown_effect? unknown_effect?'],
    'delete device': ['FAILED unknown_effect unknown_effect', 'FAILED unknown_effect unknown_effect'],
  },
  'is half done': {
    cancel: ['CANCELLED succeeded cancelled', 'CANCELLED succeeded cancelled'],
    pause: ['PAUSED succeeded pending', 'PAUSED succeeded pending'],
    'pause, cancel': ['CANCELLED succeeded cancelled', 'CANCELLED succeeded cancelled'],
    'pause, resume': ['COMPLETED succeeded succeeded', 'PARTIAL succeeded unknown_effect?'],
    kill: ['PARTIAL succeeded cancelled', 'PARTIAL succeeded cancelled'],
    'opt-out': ['PARTIAL succeeded skipped', 'PARTIAL succeeded unknown_effect?'],
    'delete device': ['PARTIAL succeeded unknown_effect', 'PARTIAL succeeded unknown_effect'],
  },
  'is half done on a phone that is away': {
    cancel: ['CANCELLED succeeded cancelled', 'CANCELLED succeeded unknown_effect?'],
    pause: ['PAUSED succeeded pending', 'PAUSED succeeded unknown_effect?'],
    'pause, cancel': ['CANCELLED succeeded cancelled', 'CANCELLED succeeded unknown_effect?'],
    'pause, resume': ['COMPLETED succeeded succeeded', 'PARTIAL succeeded unknown_effect?'],
    'pause, resume, cancel': ['CANCELLED succeeded cancelled', 'CANCELLED succeeded unknown_effect?'],
    kill: ['PARTIAL succeeded cancelled', 'PARTIAL succeeded unknown_effect?'],
    'opt-out': ['PARTIAL succeeded skipped', 'PARTIAL succeeded unknown_effect?'],
    'delete device': ['PARTIAL succeeded unknown_effect', 'PARTIAL succeeded unknown_effect'],
  },
  'is half done on a phone whose lease is over': {
    cancel: ['CANCELLED succeeded cancelled', 'CANCELLED succeeded unknown_effect?'],
    kill: ['PARTIAL succeeded cancelled', 'PARTIAL succeeded unknown_effect?'],
    'opt-out': ['PARTIAL succeeded skipped', 'PARTIAL succeeded unknown_effect?'],
    'delete device': ['PARTIAL succeeded unknown_effect', 'PARTIAL succeeded unknown_effect'],
  },
  'was lost in a cut, and its delivery deadline is over': {
    cancel: ['CANCELLED expired expired', 'CANCELLED expired? expired?'],
    kill: ['FAILED expired expired', 'FAILED expired? expired?'],
    'opt-out': ['FAILED expired expired', 'FAILED expired? expired?'],
    'delete device': ['FAILED unknown_effect unknown_effect', 'FAILED unknown_effect unknown_effect'],
  },
  'reached the phone, which could not say so before the deadline': {
    cancel: ['CANCELLED cancelled cancelled', 'CANCELLED expired? expired?'],
    kill: ['FAILED cancelled cancelled', 'FAILED expired? expired?'],
    'opt-out': ['PARTIAL succeeded skipped', 'FAILED expired? expired?'],
    'delete device': ['FAILED unknown_effect unknown_effect', 'FAILED unknown_effect unknown_effect'],
  },
  'has failed': {
    kill: ['FAILED failed failed'],
    'opt-out': ['FAILED failed failed'],
    'delete device': ['FAILED failed failed'],
    'retry-failed': ['COMPLETED succeeded succeeded', 'FAILED unknown_effect? unknown_effect?'],
  },
  'is done': {
    kill: ['COMPLETED succeeded succeeded'],
    'opt-out': ['COMPLETED succeeded succeeded'],
    'delete device': ['COMPLETED succeeded succeeded'],
  },
}
