import { assert } from '~/assert.ts'
import { Fault } from '~/domain/faults.ts'
import {
  beginMailSchedule,
  type Mail,
  type MailDraft,
  type MailProgress,
  type MailState,
} from '~/domain/mails.ts'
import { HOUR_MS, SECOND_MS } from '~/domain/times.ts'

/** Why a mail was canceled whose customer was erased. */
export const RECIPIENT_ERASED = 'The customer was erased.'

/** As many mails as one license can get in an hour. */
export const HOURLY_MAX = 30
/** A mail as it is stored, apart from its claim. */
export interface StoredMail extends Omit<Mail, 'progress'> {
  readonly state: MailState
  readonly attempts: number
  readonly nextAttemptAtMs: number | null
  readonly sentAtMs: number | null
}

export function toMail(row: StoredMail): Mail {
  const { id, licenseId, kind, recipient, messageId, fileId, createdAtMs, reason } = row
  const progress = toProgress(row)
  return { id, licenseId, kind, recipient, messageId, fileId, createdAtMs, progress, reason }
}

function toProgress({ state, attempts, nextAttemptAtMs, sentAtMs }: StoredMail): MailProgress {
  if (state === 'pending') {
    assert(nextAttemptAtMs !== null, 'a pending mail has a next attempt')
    return { state, attempts, nextAttemptAtMs }
  }
  if (state !== 'sent') return { state, attempts }
  assert(sentAtMs !== null, 'a sent mail has the time of that')
  return { state, attempts, sentAtMs }
}

export function toProgressRow(progress: MailProgress) {
  const { state, attempts } = progress
  return {
    state,
    attempts,
    nextAttemptAtMs: state === 'pending' ? progress.nextAttemptAtMs : null,
    sentAtMs: state === 'sent' ? progress.sentAtMs : null,
  }
}

/** Returns a mail that is due at once. */
export function buildMail(
  {
    mailDomain,
    fileId = null,
    ...mail
  }: Pick<Mail, 'id' | 'kind' | 'licenseId' | 'recipient'> & {
    readonly fileId: MailDraft['fileId'] | null
    readonly mailDomain: string
  },
  createdAtMs: number,
): Mail {
  const messageId = `<${mail.id}@${mailDomain}>`
  const progress = beginMailSchedule(createdAtMs)
  return { ...mail, fileId, messageId, createdAtMs, progress, reason: null }
}

export function tooManyMails(): Fault {
  const detail = `This license got ${HOURLY_MAX} mails within an hour. Send the next one later.`
  return new Fault('rate_limited', detail, { retryAfterSeconds: HOUR_MS / SECOND_MS })
}
