import { DateTime } from 'luxon'
import { z } from 'zod'

const FARTHEST_OFFSET_MINUTES = 14 * 60
/** No year of four nines, whose end is in a year that cannot be written like this. */
const ISO_TIME = /^(?!9999)\d{4}-\d{2}-\d{2}(T\d{2}(:?\d{2}(:?\d{2}([.,]\d+)?)?)?(Z|[+-]\d{2}(:?[0-5]\d)?)?)?$/i

/** Times of one workspace: naive ones are in its zone, answers carry its offset. */
export class WorkspaceTime {
  readonly zone: string

  constructor(zone: string) {
    this.zone = zone
  }

  /** Milliseconds of an ISO time, or undefined when it is not one. */
  parse(text: string): number | undefined {
    // Luxon also takes weeks, years alone, zones in brackets that contradict the offset, and any digits for an offset.
    if (!ISO_TIME.test(text)) return undefined
    // No place on earth is more than 14 hours away from UTC.
    const time = DateTime.fromISO(text, { zone: this.zone, setZone: true })
    return time.isValid && Math.abs(time.offset) <= FARTHEST_OFFSET_MINUTES ? time.toMillis() : undefined
  }

  format(ms: number): string
  format(ms: number | null): string | null
  format(ms: number | null): string | null {
    return ms === null ? null : DateTime.fromMillis(ms, { zone: this.zone }).toISO()
  }

  /** The workspace's day, YYYY-MM-DD. */
  day(ms: number): string {
    return DateTime.fromMillis(ms, { zone: this.zone }).toISODate() ?? ''
  }

  /** Minutes since the workspace's midnight. */
  minuteOfDay(ms: number): number {
    const time = DateTime.fromMillis(ms, { zone: this.zone })
    return time.hour * 60 + time.minute
  }

  /** The next moment at which the workspace's clock shows this minute of the day. */
  nextMinuteOfDay(ms: number, minute: number): number {
    const now = DateTime.fromMillis(ms, { zone: this.zone })
    const today = now.startOf('day').plus({ minutes: minute })
    return (today.toMillis() > ms ? today : today.plus({ days: 1 })).toMillis()
  }

  /** The first moment after the workspace's day of `ms`. */
  endOfDay(ms: number): number {
    return DateTime.fromMillis(ms, { zone: this.zone }).endOf('day').toMillis() + 1
  }

  /** Schema of a time in a request: ISO 8601, answered in milliseconds. */
  get schema() {
    return this.#schema((text) => text)
  }

  /** The same for the end of a span, answered as the first moment that is not in it: a mere date is all of that day. */
  get endSchema() {
    return this.#schema((text) => (/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T24:00:00` : text))
  }

  #schema(moment: (text: string) => string) {
    return z
      .string()
      .meta({
        description: 'ISO 8601; without an offset it is in the workspace zone',
        example: '2027-02-12T10:00:00+08:00',
      })
      .transform((text, context) => {
        const ms = this.parse(moment(text))
        if (ms !== undefined) return ms
        context.addIssue({
          code: 'custom',
          message: 'is not an ISO 8601 time; write it like 2027-02-12T10:00:00+08:00',
        })
        return z.NEVER
      })
  }
}
