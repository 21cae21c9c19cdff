import { cleanUp } from './clean-up.ts'
import { deliverWebhooks } from './deliver-webhooks.ts'
import { expireLicenses, notifyExpiring } from './expire-licenses.ts'
import type { Job } from './job.ts'
import { maintainDatabase } from './maintain-database.ts'
import { retainHistory } from './retain-history.ts'

/** Every job there is, for the timers and for `licet jobs`. */
export const schedule: readonly Job[] = [
  deliverWebhooks,
  expireLicenses,
  notifyExpiring,
  cleanUp,
  retainHistory,
  maintainDatabase,
]
