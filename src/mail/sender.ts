import type { Deps } from '~/deps.ts'
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
import { signLicenseFile } from '~/signing/license-file.ts'
import type { ClaimedMail } from '~/store/mails-port.ts'
import { buildMessage } from './message.ts'
import type { SendMail } from './smtp.ts'
import { buildTemplates } from './templates.ts'

/** Mail servers limit the connections of one client. */
const ATTEMPTS_MAX = 4
const ACTOR = 'job:send-mails'

export type MailSender = ReturnType<typeof createMailSender>

interface Running {
  readonly attempts: Set<Promise<void>>
  readonly stopping: AbortController
  readonly templates: MailTemplates
  readonly sendMail: SendMail
}

/**
 * Creates a sender, which claims due mails and sends a few at a time. `onRoom` is called after each
 * attempt, when the next one may start.
 */
export function createMailSender(deps: Deps, sendMail: SendMail, onRoom: () => void) {
  const running: Running = {
    attempts: new Set(),
    stopping: new AbortController(),
    templates: buildTemplates(deps.config.mailTemplates),
    sendMail,
  }
  return {
    /** Starts an attempt for each due mail that there is room for. Returns how many. */
    startDue: async () => {
      const claimed = await claimDue(deps, running)
      for (const mail of claimed) startAttempt(deps, running, mail, onRoom)
      return claimed.length
    },
    /** Resolves to true when a running attempt ends, or to false at once if none is running. */
    waitForOne: async () => {
      if (running.attempts.size === 0) return false
      await Promise.race(running.attempts)
      return true
    },
    /** Waits up to `graceMs` for running attempts, then aborts them and releases their mails. */
    stop: async (graceMs: number) => {
      const grace = setTimeout(() => running.stopping.abort(), graceMs)
      await Promise.all(running.attempts)
      clearTimeout(grace)
      await deps.store.mails.release(deps.instanceId, 'own')
    },
  }
}

async function claimDue({ store, clock, instanceId }: Deps, { attempts, stopping }: Running) {
  const max = ATTEMPTS_MAX - attempts.size
  if (max <= 0 || stopping.signal.aborted) return []
  const nowMs = clock.nowMs()
  return store.mails.claim({ instanceId, nowMs, claimedUntilMs: nowMs + MAIL_CLAIM_MS, max })
}

function startAttempt(
  deps: Deps,
  running: Running,
  claimed: ClaimedMail,
  onRoom: () => void,
): void {
  const { attempts } = running
  const attempt = attemptMail(deps, running, claimed)
    // The mail stays claimed, so it is attempted again when the claim expires.
    .catch((error) => reportFailure(deps, claimed, error))
    .finally(() => {
      attempts.delete(attempt)
      onRoom()
    })
  attempts.add(attempt)
}

/** Sends a mail and records the attempt. One that a shutdown has ended is not counted. */
async function attemptMail(deps: Deps, running: Running, claimed: ClaimedMail): Promise<void> {
  const { store, clock, random, metrics, log } = deps
  const { mail } = claimed
  const result = await trySending(deps, running, claimed).catch((error): SendResult => {
    reportFailure(deps, claimed, error)
    return {
      outcome: 'deferred',
      reason: 'An internal error occurred. The server log contains it.',
    }
  })
  if (result === null) return
  metrics.mails.inc({ outcome: result.outcome })
  const nowMs = clock.nowMs()
  const changed = await store.mails.change(mail.id, buildOwnContext(ACTOR, nowMs), (current) =>
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
  { sendMail, templates, stopping }: Running,
  claimed: ClaimedMail,
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
  return sendMail(message, stopping.signal)
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
