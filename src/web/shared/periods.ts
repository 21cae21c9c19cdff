export type Interval = 'hour' | 'day'

const lengthsMs: Readonly<Record<Interval, number>> = { hour: 3_600_000, day: 86_400_000 }

const formats: Readonly<Record<Interval, Intl.DateTimeFormat>> = {
  hour: new Intl.DateTimeFormat(undefined, {
    day: 'numeric',
    month: 'short',
    hour: 'numeric',
    minute: '2-digit',
    timeZone: 'UTC',
  }),
  day: new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' }),
}

/** Formats an hour or a day of UTC by its start, in milliseconds since 1970. */
export const formatPeriod = (startMs: number, interval: Interval): string =>
  formats[interval].format(startMs)

/** Whether a period that starts at this time is not over yet. */
export const isUnfinished = (startMs: number, interval: Interval): boolean =>
  startMs + lengthsMs[interval] > Date.now()
