import { DAY_MS } from '~/domain/times.ts'
import type { Job } from './job.ts'

/** Long enough to find out what a restore lost, or that an upgrade has to be undone. */
const KEPT_DAYS = 90

/** Deletes what a restore or an upgrade has kept, which may contain customers that were erased since. */
export const deleteCopies: Job = {
  name: 'delete-copies',
  pattern: '0 45 * * * *',
  runsOn: 'one server',
  description: `Deletes copies of the database from before a restore or a migration after ${KEPT_DAYS} days.`,
  run: ({ backups, clock }) => backups.deleteCopies(clock.trustedMs() - KEPT_DAYS * DAY_MS),
}
