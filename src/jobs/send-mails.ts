import type { Deps } from '~/deps.ts'
import { UNCONFIGURED_MAX_MS } from '~/domain/mails.ts'
import { createMailSender } from '~/mail/sender.ts'
import { dispatchAll } from './dispatch.ts'
import { type Job, runBatches } from './job.ts'

const BATCH_MAX = 200

/** Sends every mail that is due, including those that become due during the run. */
export const sendMails: Job = {
  name: 'send-mails',
  pattern: '* * * * * *',
  runsOn: 'every server',
  description: 'Sends due emails to customers.',
  run: async (deps, signal) => {
    if (deps.sendMail === null) return giveUpWaiting(deps, signal)
    return dispatchAll(
      createMailSender(deps, deps.sendMail, () => undefined),
      signal,
    )
  },
}

/** Fails mails that have waited for a day since the mail server was removed from the settings. */
export function giveUpWaiting({ store, clock }: Deps, signal: AbortSignal): Promise<number> {
  const reason = 'LICET_SMTP_URL was not set for a day.'
  return runBatches(signal, BATCH_MAX, () =>
    store.mails.giveUp(clock.trustedMs() - UNCONFIGURED_MAX_MS, reason, BATCH_MAX),
  )
}
