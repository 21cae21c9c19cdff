import { isEqual } from './equality.ts'
import { Fault } from './faults.ts'
import type { LicenseFile } from './license-files.ts'
import type { License, LicenseSnapshot } from './licenses.ts'
import { EXPIRING_NOTICE_MS } from './terms.ts'
import { HOUR_MS, MINUTE_MS, SECOND_MS } from './times.ts'

/** The gaps between the attempts to send a mail, which take a day in all. */
export const mailGapsMs = [
  10 * SECOND_MS,
  30 * SECOND_MS,
  MINUTE_MS,
  2 * MINUTE_MS,
  5 * MINUTE_MS,
  5 * MINUTE_MS,
  10 * MINUTE_MS,
  15 * MINUTE_MS,
  30 * MINUTE_MS,
  HOUR_MS,
  2 * HOUR_MS,
  4 * HOUR_MS,
  8 * HOUR_MS,
  8 * HOUR_MS,
] as const

/** Longer than an attempt can take, so that no other process repeats one that is still running. */
export const MAIL_CLAIM_MS = 2 * MINUTE_MS
/** How long a mail may wait while no mail server is configured. */
export const UNCONFIGURED_MAX_MS = 24 * HOUR_MS

const JITTER = 0.2
/** A dot-atom of any language (RFC 6531, §3.3), also with the dots that some providers allow. */
const LOCAL_PART = /^(?:[\w!#$%&'*+/=?^`{|}~.-]|[^\0-\x7f])+$/

/** The purposes of mails. */
export const mailKinds = ['key', 'file', 'expiring', 'past_due'] as const
export type MailKind = (typeof mailKinds)[number]

export const mailStates = ['pending', 'sent', 'failed', 'canceled'] as const
export type MailState = (typeof mailStates)[number]

/** A mail to write with the changes of a decision. The store adds its recipient. */
export interface MailDraft {
  readonly kind: MailKind
  readonly licenseId: string
  /** The license file to attach, which is signed when the mail is sent. */
  readonly fileId?: string
  /** A new license file to attach, which is issued only if the mail is written. */
  readonly newFile?: LicenseFile
}

/** A mail to the customer of a license. Its contents are rendered when it is sent. */
export interface Mail extends Omit<MailDraft, 'fileId' | 'newFile'> {
  readonly id: string
  /** The address as of the last attempt; null if the customer was erased. */
  readonly recipient: string | null
  /** The same in every attempt, so that mail servers recognize a repetition. */
  readonly messageId: string
  readonly fileId: string | null
  readonly createdAtMs: number
  readonly progress: MailProgress
  /** Why the last attempt failed, or why the mail was canceled. Contains no address and no secret. */
  readonly reason: string | null
}

/** `attempts` counts those of the current schedule only. */
export type MailProgress =
  | { readonly state: 'pending'; readonly attempts: number; readonly nextAttemptAtMs: number }
  | { readonly state: 'sent'; readonly attempts: number; readonly sentAtMs: number }
  | { readonly state: 'failed' | 'canceled'; readonly attempts: number }

export interface MailFilter {
  readonly licenseId?: string
  readonly state?: MailState
  readonly recipient?: string
}

/** The changes to a mail. */
export interface MailDecision extends Pick<Mail, 'progress' | 'reason'> {
  /** Whether an attempt has ended, which releases the mail. */
  readonly endsAttempt: boolean
}

/** The result of an attempt. `rejected` is final; `deferred` is worth another attempt. */
export type SendResult =
  | { readonly outcome: 'sent' }
  | { readonly outcome: 'rejected' | 'deferred' | 'canceled'; readonly reason: string }

/** Returns a full schedule whose first attempt is due now. */
export function beginMailSchedule(nowMs: number): MailProgress {
  return { state: 'pending', attempts: 0, nextAttemptAtMs: nowMs }
}

/**
 * Returns a sentence that says why a mail must not be sent any more; null if it may be sent.
 * `isBehind` says whether a payment of its purchase is missing.
 */
export function findObstacle(
  kind: MailKind,
  { customerEmail, revokedAtMs, expiresAtMs }: License,
  isBehind: boolean,
  nowMs: number,
): string | null {
  if (revokedAtMs !== null) return 'The license was revoked.'
  if (customerEmail === null) return 'The license has no email address.'
  if (kind === 'past_due') return isBehind ? null : 'The payment has succeeded.'
  if (kind !== 'expiring') return null
  if (expiresAtMs === null || expiresAtMs > nowMs + EXPIRING_NOTICE_MS) {
    return 'The license was renewed.'
  }
  return nowMs < expiresAtMs ? null : 'The license has expired.'
}

/** Whether mail servers can accept this address, whose domain is in punycode. */
export function isMailable(address: string): boolean {
  const domainStart = address.lastIndexOf('@')
  return domainStart > 0 && LOCAL_PART.test(address.slice(0, domainStart))
}

/**
 * Returns what follows from an attempt. Success always counts; any other result does not overwrite
 * progress that was made during the attempt. `random` is in [0, 1).
 */
export function decideMailAttempt(
  started: Mail,
  current: Mail,
  result: SendResult,
  nowMs: number,
  random: number,
): MailDecision {
  const attempts = started.progress.attempts + 1
  const endsAttempt = true
  if (result.outcome === 'sent') {
    return { progress: { state: 'sent', attempts, sentAtMs: nowMs }, reason: null, endsAttempt }
  }
  if (!isEqual(current.progress, started.progress)) {
    return { progress: current.progress, reason: current.reason, endsAttempt }
  }
  return { progress: stepAfterFailure(result.outcome), reason: result.reason, endsAttempt }

  function stepAfterFailure(outcome: 'rejected' | 'deferred' | 'canceled'): MailProgress {
    if (outcome === 'canceled') return { state: 'canceled', attempts: started.progress.attempts }
    const gapMs = mailGapsMs[attempts - 1]
    if (outcome === 'rejected' || gapMs === undefined) return { state: 'failed', attempts }
    const pauseMs = Math.round(gapMs * (1 + JITTER * (2 * random - 1)))
    return { state: 'pending', attempts, nextAttemptAtMs: nowMs + pauseMs }
  }
}

/** Starts a full schedule now, for a mail that was not sent or is still waiting. */
export function decideMailRetry({ progress }: Mail, nowMs: number): MailDecision {
  if (progress.state === 'sent') {
    const detail = 'This mail was sent. To send the key again, use POST /api/v1/licenses/:id/mail.'
    throw new Fault('invalid_transition', detail)
  }
  return { progress: beginMailSchedule(nowMs), reason: null, endsAttempt: false }
}

/** Drafts a mail that an operator asks for. Throws a Fault if it could not be sent. */
export function draftMail({ license }: LicenseSnapshot, kind: MailKind): MailDraft {
  if (license.revokedAtMs !== null) {
    const detail = 'This license was revoked, so its key is not sent. Create a new license instead.'
    throw new Fault('invalid_transition', detail)
  }
  if (license.customerEmail === null) {
    const detail =
      'This license has no email address. Set customer_email with PUT, then send the mail.'
    throw new Fault('no_email_address', detail)
  }
  return { kind, licenseId: license.id }
}

/**
 * Returns the time of the next attempt, no further ahead than a gap can be. A later one was scheduled
 * while the clock was ahead.
 */
export function correctNextAttempt(
  attempts: number,
  nextAttemptAtMs: number,
  nowMs: number,
): number {
  const gapMs = mailGapsMs[attempts - 1] ?? 0
  const isPossible = nextAttemptAtMs <= nowMs + gapMs * (1 + JITTER)
  return isPossible ? nextAttemptAtMs : nowMs + gapMs
}
