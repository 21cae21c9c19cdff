import { and, between, desc, eq, isNull, lt, type SQL, sql } from 'drizzle-orm'
import { assert } from '~/assert.ts'
import { describeChange } from '~/domain/audit-values.ts'
import type { License } from '~/domain/licenses.ts'
import type { Mail, MailDecision, MailDraft, MailFilter } from '~/domain/mails.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import { HOUR_MS, OVERTAKING_MAX_MS } from '~/domain/times.ts'
import type { ClaimedMail, MailClaim, Mails } from '../mails-port.ts'
import {
  buildMail,
  HOURLY_MAX,
  RECIPIENT_ERASED,
  toMail,
  tooManyMails,
  toProgressRow,
} from '../shared/mails.ts'
import { readPageByPosition } from '../shared/pages.ts'
import { touch } from '../shared/touched.ts'
import { releaseClaimsIn } from './claims.ts'
import { type Origin, recordAction, runCommand } from './commands.ts'
import type { Db } from './connection.ts'
import type { Engine, Reading } from './engine.ts'
import { insertFile, readBoundFile } from './license-files.ts'
import { readSnapshot } from './licenses.ts'
import { equals } from './parameters.ts'
import { readProduct } from './products.ts'
import { prepareInsert } from './rows.ts'
import { mails } from './schema.ts'

type MailRow = typeof mails.$inferSelect

/** Bounds the time of counting. */
const COUNTED_MAX = 10_000

export function prepareMails(db: Db) {
  // The state is a literal, because SQLite uses no partial index for a parameter.
  const isDue = sql`state = 'pending' AND next_attempt_at_ms <= ${sql.placeholder('nowMs')}
    AND (claimed_by IS NULL OR claimed_until_ms <= ${sql.placeholder('nowMs')})`
  return {
    insert: prepareInsert(db, mails),
    byId: db.select().from(mails).where(equals(mails.id, 'id')).prepare(),
    due: db
      .select()
      .from(mails)
      .where(isDue)
      .orderBy(mails.nextAttemptAtMs, mails.position)
      .limit(sql.placeholder('max'))
      .prepare(),
  }
}

export function createMails(engine: Engine): Mails {
  const { transact } = engine
  return {
    list: async (filter, page) => readMails(engine.committed, filter, page),
    find: async (id) => readMail(engine.committed, id),
    create: (licenseId, context, decide) =>
      runCommand(engine, context, () => {
        const snapshot = readSnapshot(engine, licenseId)
        if (snapshot === null) return null
        const draft = decide(snapshot)
        if (hasManyMails(engine, licenseId, context.nowMs)) throw tooManyMails()
        const mail = writeMail(engine, context, draft, snapshot.license, true)
        assert(mail !== null, 'the mail has a recipient and a mail server')
        return mail
      }),
    change: (id, context, decide) =>
      runCommand(engine, context, () => {
        const mail = readMail(engine, id)
        if (mail === null) return null
        writeDecision(engine, context, mail, decide(mail))
        return readMail(engine, id)
      }),
    claim: async (claim) => {
      // Most rounds find nothing, and reading takes no lock.
      const isAnyDue = engine.committed.statements.mails.due.all({ ...claim, max: 1 }).length > 0
      return isAnyDue ? transact(() => claimDue(engine, claim)) : []
    },
    countPending: async () => countPending(engine.committed),
    release: (instanceId) => transact(() => void releaseClaimsIn(engine, mails, [instanceId])),
    giveUp: (createdBeforeMs, reason, max) => giveUp(engine, createdBeforeMs, reason, max),
    deleteOld: (createdBeforeMs, max) => deleteOld(engine, createdBeforeMs, max),
  }
}

/** Reads only an index. */
function countPending({ db }: Reading): number {
  const count = db.$client.query<{ count: number }, []>(`
    SELECT count(*) AS count
    FROM (SELECT 1 FROM mails WHERE state = 'pending' LIMIT ${COUNTED_MAX})`)
  return count.get()?.count ?? 0
}

function readMails(
  { db }: Reading,
  { licenseId, state, recipient }: MailFilter,
  page: PageRequest,
): Page<Mail> {
  const isListed: SQL[] = []
  if (licenseId !== undefined) isListed.push(eq(mails.licenseId, licenseId))
  if (state !== undefined) isListed.push(eq(mails.state, state))
  if (recipient !== undefined) isListed.push(eq(mails.recipient, recipient))
  return readPageByPosition(
    page,
    ({ before, max }) =>
      db
        .select()
        .from(mails)
        .where(and(lt(mails.position, before), ...isListed))
        .orderBy(desc(mails.position))
        .limit(max)
        .all(),
    (row: MailRow) => toMail(row),
  )
}

function readMail({ statements }: Reading, id: string): Mail | null {
  const row = statements.mails.byId.get({ id })
  return row === undefined ? null : toMail(row)
}

/** A caller in a loop, or a shop that replays its events, must not flood a customer. */
function hasManyMails({ db }: Engine, licenseId: string, nowMs: number): boolean {
  const isRecent = between(mails.createdAtMs, nowMs - HOUR_MS, nowMs + OVERTAKING_MAX_MS)
  const isCounted = and(eq(mails.licenseId, licenseId), isRecent)
  const recent = db.select({ id: mails.id }).from(mails).where(isCounted).limit(HOURLY_MAX).all()
  return recent.length === HOURLY_MAX
}

/** Whether the same mail will be rendered later anyway. */
function isWaiting({ db }: Engine, { kind, licenseId, fileId = '' }: MailDraft): boolean {
  const isOfFile = kind === 'file' ? eq(mails.fileId, fileId) : undefined
  const isSame = and(eq(mails.licenseId, licenseId), eq(mails.kind, kind), isOfFile)
  const isUnclaimed = and(eq(mails.state, 'pending'), isNull(mails.claimedBy))
  return db.select({ id: mails.id }).from(mails).where(and(isSame, isUnclaimed)).get() !== undefined
}

/**
 * Writes a mail that follows from a decision, inside its transaction, unless the same one is waiting
 * already or the license has got many. Throws `rate_limited` for a file, which an operator asked for.
 */
export function insertMail(
  engine: Engine,
  origin: Origin,
  draft: MailDraft,
  license: Pick<License, 'customerEmail'>,
  isRecorded: boolean,
): void {
  if (isWaiting(engine, draft)) return
  if (hasManyMails(engine, draft.licenseId, origin.nowMs)) {
    if (draft.kind === 'file') throw tooManyMails()
    return
  }
  const { newFile } = draft
  const mail = writeMail(
    engine,
    origin,
    { ...draft, ...(newFile && { fileId: newFile.id }) },
    license,
    isRecorded,
  )
  if (mail === null || newFile === undefined) return
  insertFile(engine, newFile)
  const change = describeChange('file', null, newFile)
  recordAction(engine, origin, 'file.create', newFile.licenseId, change)
}

/** Returns null, and writes nothing, without a mail server or an email address. */
function writeMail(
  engine: Engine,
  origin: Origin,
  { kind, licenseId, fileId }: MailDraft,
  { customerEmail: recipient }: Pick<License, 'customerEmail'>,
  isRecorded: boolean,
): Mail | null {
  const { statements, mailDomain, createId } = engine
  if (mailDomain === null || recipient === null) return null
  const id = createId('mail')
  const mail = buildMail({ id, kind, licenseId, fileId, recipient, mailDomain }, origin.nowMs)
  statements.mails.insert({ ...mail, ...toProgressRow(mail.progress) })
  if (!isRecorded) touch(engine.touched, 'mail.create', id)
  else recordAction(engine, origin, 'mail.create', id, describeChange('mail', null, mail))
  return mail
}

function writeDecision(
  engine: Engine,
  origin: Origin,
  { id }: Mail,
  { progress, reason, endsAttempt }: MailDecision,
): void {
  // Otherwise the claim is kept: an attempt that is under way must not start again.
  const released = endsAttempt ? { claimedBy: null, claimedUntilMs: null } : {}
  const set = { ...toProgressRow(progress), reason, ...released }
  engine.db.update(mails).set(set).where(eq(mails.id, id)).run()
  recordAction(engine, origin, endsAttempt ? 'mail.attempt' : 'mail.retry', id)
}

function claimDue(engine: Engine, claim: MailClaim): ClaimedMail[] {
  const { instanceId: claimedBy, claimedUntilMs } = claim
  return engine.statements.mails.due.all({ ...claim }).map((row) => {
    const snapshot = readSnapshot(engine, row.licenseId)
    const product = snapshot && readProduct(engine, snapshot.license.productSlug)
    assert(snapshot !== null && product !== null, 'a mail has its license, and that its product')
    const recipient = snapshot.license.customerEmail
    engine.db
      .update(mails)
      .set({ claimedBy, claimedUntilMs, recipient })
      .where(eq(mails.position, row.position))
      .run()
    const isBehind = readIsBehind(engine, row.licenseId)
    const file = row.fileId === null ? null : readBoundFile(engine, row.fileId)
    return { ...snapshot, product, isBehind, file, mail: toMail({ ...row, recipient }) }
  })
}

function readIsBehind({ db: { $client } }: Engine, licenseId: string): boolean {
  const behind = $client.query(
    `SELECT 1 FROM checkout_units WHERE license_id = ? AND json_extract(applied, '$.isBehind')`,
  )
  return behind.get(licenseId) !== null
}

const giveUp = (engine: Engine, beforeMs: number, reason: string, max: number) =>
  changeSome(
    engine,
    sql`SELECT position FROM mails
      WHERE state = 'pending' AND created_at_ms <= ${beforeMs} LIMIT ${max}`,
    (found) => sql`UPDATE mails SET state = 'failed', next_attempt_at_ms = NULL, reason = ${reason},
      claimed_by = NULL, claimed_until_ms = NULL WHERE position IN (${found}) RETURNING 1`,
  )

const deleteOld = (engine: Engine, beforeMs: number, max: number) =>
  changeSome(
    engine,
    sql`SELECT position FROM mails
      WHERE created_at_ms <= ${beforeMs} AND state <> 'pending' LIMIT ${max}`,
    (found) => sql`DELETE FROM mails WHERE position IN (${found}) RETURNING 1`,
  )

/** Most rounds find nothing, and reading takes no lock. */
async function changeSome(
  { db, transact, committed }: Engine,
  found: SQL,
  buildChange: (found: SQL) => SQL,
): Promise<number> {
  if (committed.db.all(found).length === 0) return 0
  return transact(() => db.all(buildChange(found)).length)
}

/** Removes the address of a customer, and cancels the mails that were to be sent. */
export function eraseMails({ db }: Engine, customerEmail: string): number {
  return db.all(sql`
    UPDATE mails SET recipient = NULL,
      reason = iif(state = 'pending', ${RECIPIENT_ERASED}, reason),
      next_attempt_at_ms = NULL,
      state = iif(state = 'pending', 'canceled', state)
    WHERE recipient = ${customerEmail} RETURNING 1`).length
}
