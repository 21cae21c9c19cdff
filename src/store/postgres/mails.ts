import { assert } from '~/assert.ts'
import { describeChange } from '~/domain/audit-values.ts'
import type { License } from '~/domain/licenses.ts'
import type { Mail, MailDecision, MailDraft, MailFilter } from '~/domain/mails.ts'
import { HOUR_MS, OVERTAKING_MAX_MS } from '~/domain/times.ts'
import type { Mails } from '../mails-port.ts'
import {
  buildMail,
  HOURLY_MAX,
  RECIPIENT_ERASED,
  toMail,
  tooManyMails,
  toProgressRow,
} from '../shared/mails.ts'
import { touch } from '../shared/touched.ts'
import { releaseClaimsIn } from './claims.ts'
import { type Origin, recordAction, runCommand } from './commands.ts'
import type { Engine, Reading, Tx } from './engine.ts'
import { sendFile } from './license-files.ts'
import { lockRecords } from './licenses.ts'
import { claimMails } from './mail-claims.ts'
import { readNewest } from './pages.ts'
import { insertRows, selectRow, selectRows, updateRow } from './rows.ts'
import { mails } from './schema.ts'
import { createWriter } from './writer.ts'

/** Bounds the time of counting. */
const COUNTED_MAX = 10_000

export function createMails(engine: Engine): Mails {
  const { transact } = engine
  return {
    list: (filter, page) => {
      const { condition, values } = buildCondition(filter)
      return readNewest(engine, mails, page, toMail, condition, values)
    },
    find: (id) => readMail(engine, id),
    create: (licenseId, context, decide) =>
      runCommand<Mail, Mail | null>(engine, context, async (tx) => {
        const snapshot = (await lockRecords(tx, [licenseId])).get(licenseId)
        if (snapshot === undefined) return null
        const draft = decide(snapshot)
        if (await hasManyMails(tx, licenseId, context.nowMs)) throw tooManyMails()
        const mail = await writeMail(tx, context, draft, snapshot.license, true)
        assert(mail !== null, 'the mail has a recipient and a mail server')
        return mail
      }),
    change: (id, context, decide) =>
      runCommand(engine, context, async (tx) => {
        const mail = await readMail(tx, id, 'FOR NO KEY UPDATE')
        if (mail === null) return null
        await writeDecision(tx, context, mail, decide(mail))
        return readMail(tx, id)
      }),
    claim: (claim) => claimMails(engine, claim),
    countPending: () => countPending(engine),
    release: (instanceId) =>
      transact(async (tx) => void (await releaseClaimsIn(tx, 'mails', [instanceId]))),
    giveUp: (createdBeforeMs, reason, max) =>
      changeSome(
        engine,
        `UPDATE mails SET state = 'failed', next_attempt_at_ms = NULL, reason = $3,
           claimed_by = NULL, claimed_until_ms = NULL`,
        "state = 'pending'",
        [createdBeforeMs, max, reason],
      ),
    deleteOld: (createdBeforeMs, max) =>
      changeSome(engine, 'DELETE FROM mails', "state <> 'pending'", [createdBeforeMs, max]),
  }
}

function buildCondition({ licenseId, state, recipient }: MailFilter) {
  const values: string[] = []
  const conditions = ['TRUE']
  const given = { license_id: licenseId, state, recipient }
  for (const [column, value] of Object.entries(given)) {
    if (value === undefined) continue
    values.push(value)
    conditions.push(`${column} = $${values.length}`)
  }
  return { condition: conditions.join(' AND '), values }
}

async function readMail(reading: Reading, id: string, lock = ''): Promise<Mail | null> {
  const row = await selectRow(reading, mails, undefined, `WHERE id = $1 ${lock}`, [id])
  return row === null ? null : toMail(row)
}

async function countPending({ client }: Reading): Promise<number> {
  const [row] = await client.unsafe<{ count: number }[]>(
    `SELECT count(*)::int AS count
     FROM (SELECT FROM mails WHERE state = 'pending' LIMIT ${COUNTED_MAX}) AS pending`,
  )
  return row?.count ?? 0
}

/** Changes up to `$2` mails from before `$1`. Most rounds find none, and writing nothing takes no lock. */
async function changeSome(
  { client }: Engine,
  change: string,
  condition: string,
  values: readonly unknown[],
): Promise<number> {
  const { count } = await client.unsafe(
    `${change} WHERE position = ANY(ARRAY(
       SELECT position FROM mails WHERE created_at_ms <= $1 AND ${condition}
       LIMIT $2 FOR UPDATE SKIP LOCKED
     ))`,
    [...values],
  )
  return count ?? 0
}

async function writeDecision(
  tx: Tx,
  origin: Origin,
  { id }: Mail,
  { progress, reason, endsAttempt }: MailDecision,
): Promise<void> {
  // Otherwise the claim is kept: an attempt that is under way must not start again.
  const released = endsAttempt ? { claimedBy: null, claimedUntilMs: null } : {}
  await updateRow(tx, mails, id, { ...toProgressRow(progress), reason, ...released })
  recordAction(tx, origin, endsAttempt ? 'mail.attempt' : 'mail.retry', id)
}

/** A caller in a loop, or a shop that replays its events, must not flood a customer. */
async function hasManyMails(tx: Tx, licenseId: string, nowMs: number): Promise<boolean> {
  const recent = await selectRows(
    tx,
    mails,
    ['id'],
    'WHERE license_id = $1 AND created_at_ms BETWEEN $2 AND $3 LIMIT $4',
    [licenseId, nowMs - HOUR_MS, nowMs + OVERTAKING_MAX_MS, HOURLY_MAX],
  )
  return recent.length === HOURLY_MAX
}

/** Whether the same mail will be rendered later anyway. */
async function isWaiting(tx: Tx, { kind, licenseId, fileId = '' }: MailDraft): Promise<boolean> {
  const same = await selectRow(
    tx,
    mails,
    ['id'],
    `WHERE license_id = $1 AND kind = $2 AND ($2 <> 'file' OR file_id = $3)
     AND state = 'pending' AND claimed_by IS NULL LIMIT 1`,
    [licenseId, kind, fileId],
  )
  return same !== null
}

/**
 * Writes a mail that follows from a decision, inside its transaction, unless the same one is waiting
 * already or the license has got many. Throws `rate_limited` for a file, which an operator asked for.
 */
export async function insertMail(
  tx: Tx,
  origin: Origin,
  draft: MailDraft,
  license: Pick<License, 'customerEmail'>,
  isRecorded: boolean,
): Promise<void> {
  if (await isWaiting(tx, draft)) return
  if (await hasManyMails(tx, draft.licenseId, origin.nowMs)) {
    if (draft.kind === 'file') throw tooManyMails()
    return
  }
  const { newFile } = draft
  const named = { ...draft, ...(newFile && { fileId: newFile.id }) }
  const mail = await writeMail(tx, origin, named, license, isRecorded)
  if (mail === null || newFile === undefined) return
  const writer = createWriter(tx)
  sendFile(tx, writer, newFile)
  await writer.end()
  const change = describeChange('file', null, newFile)
  recordAction(tx, origin, 'file.create', newFile.licenseId, change)
}

/** Returns null, and writes nothing, without a mail server or an email address. */
async function writeMail(
  tx: Tx,
  origin: Origin,
  { kind, licenseId, fileId }: MailDraft,
  { customerEmail: recipient }: Pick<License, 'customerEmail'>,
  isRecorded: boolean,
): Promise<Mail | null> {
  const { mailDomain, createId } = tx
  if (mailDomain === null || recipient === null) return null
  const id = createId('mail')
  const mail = buildMail({ id, kind, licenseId, fileId, recipient, mailDomain }, origin.nowMs)
  const { progress, ...facts } = mail
  await insertRows(tx, mails, [{ ...facts, ...toProgressRow(progress) }])
  if (!isRecorded) touch(tx.touched, 'mail.create', id)
  else recordAction(tx, origin, 'mail.create', id, describeChange('mail', null, mail))
  return mail
}

/** Removes the address of a customer, and cancels the mails that were to be sent. Returns how many. */
export async function eraseMails({ client }: Tx, customerEmail: string): Promise<number> {
  const { count } = await client.unsafe(
    `UPDATE mails SET recipient = NULL,
       reason = CASE WHEN state = 'pending' THEN $2 ELSE reason END,
       next_attempt_at_ms = NULL,
       state = CASE WHEN state = 'pending' THEN 'canceled' ELSE state END
     WHERE recipient = $1`,
    [customerEmail, RECIPIENT_ERASED],
  )
  return count ?? 0
}
