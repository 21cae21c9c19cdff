import { describeChange } from '~/domain/audit-values.ts'
import type { License } from '~/domain/licenses.ts'
import type { Mail, MailDraft } from '~/domain/mails.ts'
import { HOUR_MS, OVERTAKING_MAX_MS } from '~/domain/times.ts'
import { buildMail, HOURLY_MAX, tooManyMails, toProgressRow } from '../shared/mails.ts'
import { touch } from '../shared/touched.ts'
import { type Origin, recordAction } from './commands.ts'
import type { Tx } from './engine.ts'
import { sendFile } from './license-files.ts'
import { insertRows, selectRow, selectRows } from './rows.ts'
import { mails } from './schema.ts'
import { createWriter } from './writer.ts'

/** A caller in a loop, or a shop that replays its events, must not flood a customer. */
export async function hasManyMails(tx: Tx, licenseId: string, nowMs: number): Promise<boolean> {
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
export async function writeMail(
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
