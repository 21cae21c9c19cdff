import { Cron } from 'croner'

/**
 * Returns the next time of a cron pattern in UTC after another time, in ms; null if there is none.
 * Throws for a bad pattern.
 */
export function findNextTime(pattern: string, afterMs: number): number | null {
  const cron = new Cron(pattern, { timezone: 'UTC', paused: true })
  return cron.nextRun(new Date(afterMs))?.getTime() ?? null
}
