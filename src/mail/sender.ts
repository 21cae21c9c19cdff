import type { Deps } from '~/deps.ts'
import { buildJobActor } from '~/domain/actors.ts'
import { buildOwnContext } from '~/domain/decisions.ts'
import { findFlaw, getFileEnd } from '~/domain/file-issuance.ts'
import type { MailTemplates } from '~/domain/mail-templates.ts'
import {
  decideMailAttempt,
  findObstacle,
  isMailable,
  MAIL_CLAIM_MS,
  type SendResult,
} from '~/domain/mails.ts'
import { type Attempts, createAttempts } from '~/platform/attempts.ts'
import { signLicenseFile } from '~/signing/license-file.ts'
import type { ClaimedMail } from '~/store/mails-port.ts'
import { buildMessage } from './message.ts'
import type { SendMail } from './smtp.ts'
import { buildTemplates } from './templates.ts'

/** Mail servers limit the connections of one client. */
const ATTEMPTS_MAX = 4
const actor = buildJobActor('send-mails')

export type MailSender = ReturnType<typeof createMailSender>

interface Sending {
  readonly templates: MailTemplates
  readonly sendMail: SendMail
}

/**
 * Creates a sender, which claims due mails and sends a few at a time. `onRoom` is called after each
 * attempt, when the next one may start.
 */
export function createMailSender(deps: Deps, sendMail: SendMail, onRoom: () => void) {
  const attempts = createAttempts(onRoom)
  const sending = { templates: buildTemplates(deps.config.mailTemplates), sendMail }
  return {
    /** Starts an attempt for each due mail that there is room for. Returns how many. */
    startDue: async () => {
      const claimed = await claimDue(deps, attempts)
      for (const mail of claimed) {
        attempts.start((signal) =>
          // The mail stays claimed, so it is attempted again when the claim expires.
          attemptMail(deps, sending, mail, signal).catch((error) =>
            reportFailure(deps, mail, error),
          ),
        )
      }
      return claimed.length
    },
    waitForOne: attempts.waitForOne,
    /** Waits up to `graceMs` for running attempts, then aborts them and releases their mails. */
    stop: async (graceMs: number) => {
      await attempts.stop(graceMs)
      await deps.store.mails.release(deps.instanceId)
    },
  }
}

async function claimDue({ store, clock, instanceId }: Deps, attempts: Attempts) {
  const max = ATTEMPTS_MAX - attempts.count()
  if (max <= 0 || attempts.isStopping()) return []
  const nowMs = clock.nowMs()
  return store.mails.claim({ instanceId, nowMs, claimedUntilMs: nowMs + MAIL_CLAIM_MS, max })
}

/** Sends a mail and records the attempt. One that a shutdown has ended is not counted. */
async function attemptMail(
  deps: Deps,
  sending: Sending,
  claimed: ClaimedMail,
  signal: AbortSignal,
): Promise<void> {
  const { store, clock, random, metrics, log } = deps
  const { mail } = claimed
  const result = await trySending(deps, sending, claimed, signal).catch((error): SendResult => {
    reportFailure(deps, claimed, error)
    return {
      outcome: 'deferred',
      reason: 'An internal error occurred. The server log contains it.',
    }
  })
  if (result === null) return
  metrics.mails.inc({ outcome: result.outcome })
  const nowMs = clock.nowMs()
  const changed = await store.mails.change(mail.id, buildOwnContext(actor, nowMs), (current) =>
    decideMailAttempt(mail, current, result, nowMs, random()),
  )
  if (changed?.progress.state === 'failed') {
    log.warn({ mail_id: mail.id, license_id: mail.licenseId }, `mail failed: ${changed.reason}`)
  }
}

function reportFailure({ metrics, log }: Deps, { mail }: ClaimedMail, error: unknown): void {
  metrics.failures.inc()
  log.error({ err: error, mail_id: mail.id }, 'attempt to send a mail failed')
}

async function trySending(
  deps: Deps,
  { sendMail, templates }: Sending,
  claimed: ClaimedMail,
  signal: AbortSignal,
): Promise<SendResult | null> {
  const { mail, license } = claimed
  const nowMs = deps.clock.nowMs()
  const file = await signFile(deps, claimed, nowMs)
  const obstacle = findObstacle(mail.kind, license, claimed.isBehind, nowMs) ?? file.obstacle
  if (obstacle !== null || mail.recipient === null) {
    return { outcome: 'canceled', reason: obstacle ?? 'The license has no email address.' }
  }
  if (!isMailable(mail.recipient)) {
    const reason = 'The email address of the license is not one that mail servers accept.'
    return { outcome: 'rejected', reason }
  }
  const key = deps.vault.open('license-key', license.keySealed)
  const { messageId, recipient: to } = mail
  const about = { ...claimed, key, file: file.signed }
  const message = buildMessage(deps.config, templates[mail.kind], about, {
    messageId,
    to,
    atMs: nowMs,
  })
  return sendMail(message, signal)
}

/** Signs the file of a mail as its license is now. A mail with the key is also sent without it. */
async function signFile(deps: Deps, { mail, file, ...snapshot }: ClaimedMail, nowMs: number) {
  const flaw = file === null ? 'The license file is gone.' : findFlaw(snapshot, file, nowMs)
  const obstacle = mail.kind === 'file' ? flaw : null
  if (file === null || flaw !== null) return { obstacle, signed: null }
  const feedPosition = await deps.store.revocations.findPosition()
  const text = signLicenseFile(deps, snapshot, file, { nonce: null, feedPosition, nowMs })
  return { obstacle, signed: { text, expiresAtMs: getFileEnd(snapshot.license, file.file) } }
}
