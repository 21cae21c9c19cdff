import { announceExpiries } from './announce-expiries.ts'
import { backUp } from './back-up.ts'
import { cleanUp } from './clean-up.ts'
import { correctTimes } from './correct-times.ts'
import { deleteCopies } from './delete-copies.ts'
import { deliverWebhooks } from './deliver-webhooks.ts'
import { expireLicenses } from './expire-licenses.ts'
import { foldUsage } from './fold-usage.ts'
import type { Job } from './job.ts'
import { maintainDatabase } from './maintain-database.ts'
import { processCheckout } from './process-checkout.ts'
import { retainHistory } from './retain-history.ts'
import { sendMails } from './send-mails.ts'
import { trimChanges } from './trim-changes.ts'

/** All jobs, in the order in which `licet jobs list` shows them. */
export const schedule: readonly Job[] = [
  processCheckout,
  deliverWebhooks,
  sendMails,
  expireLicenses,
  announceExpiries,
  cleanUp,
  trimChanges,
  foldUsage,
  retainHistory,
  maintainDatabase,
  backUp,
  deleteCopies,
  correctTimes,
]
