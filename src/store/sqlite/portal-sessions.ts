import { and, eq, gt, inArray, or } from 'drizzle-orm'
import { describeChange } from '~/domain/audit-values.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import {
  PORTAL_SESSIONS_MAX,
  type PortalSession,
  toCustomerActor,
  type Visitor,
} from '~/domain/portal-sessions.ts'
import type { PortalCodes, PortalSessions } from '../portal-port.ts'
import { cutPage } from '../shared/pages.ts'
import { toSession, toSessionRow } from '../shared/portal-sessions.ts'
import { type Origin, recordAction, runCommand } from './commands.ts'
import type { Db } from './connection.ts'
import type { Engine, Reading } from './engine.ts'
import { equals } from './parameters.ts'
import { portalCodes, portalSessions } from './portal-schema.ts'
import { licenses } from './schema.ts'

export function preparePortal(db: Db) {
  return {
    byToken: db
      .select()
      .from(portalSessions)
      .where(equals(portalSessions.tokenHash, 'tokenHash'))
      .prepare(),
    code: db
      .select()
      .from(portalCodes)
      .where(equals(portalCodes.browserHash, 'browserHash'))
      .prepare(),
  }
}

export function createPortalSessions(engine: Engine): PortalSessions {
  return {
    list: async (customerEmail, page) => readSessions(engine.committed, customerEmail, page),
    find: async (tokenHash) => {
      const row = engine.committed.statements.portal.byToken.get({ tokenHash })
      return row === undefined ? null : toSession(row)
    },
    create: (session, tokenHash, context) =>
      runCommand(engine, context, () => insertSession(engine, context, session, tokenHash)),
    end: async (id, context) => {
      await runCommand(engine, context, () => {
        deleteSessions(engine, context, [id])
        return null
      })
    },
  }
}

export function createPortalCodes(engine: Engine): PortalCodes {
  const { db, statements, transact } = engine
  return {
    create: (code, browserHash) =>
      transact(
        () =>
          void db
            .insert(portalCodes)
            .values({ ...code, browserHash })
            .run(),
      ),
    redeem: ({ browserHash, tokenHash }, { requestId, nowMs }, decide) =>
      transact(() => {
        const row = statements.portal.code.get({ browserHash })
        if (row === undefined) return null
        const { browserHash: _secret, ...code } = row
        const isRow = eq(portalCodes.browserHash, browserHash)
        const session = decide(code)
        if (session === null) {
          const attempts = code.attempts + 1
          db.update(portalCodes).set({ attempts }).where(isRow).run()
          return null
        }
        db.delete(portalCodes).where(isRow).run()
        const { address } = session
        const origin = { actor: toCustomerActor(session), address, requestId, nowMs }
        return insertSession(engine, origin, session, tokenHash)
      }),
  }
}

function readSessions(
  { db }: Reading,
  customerEmail: string,
  { limit, after }: PageRequest,
): Page<PortalSession> {
  const { id, licenseId } = portalSessions
  const ofCustomer = db
    .select({ id: licenses.id })
    .from(licenses)
    .where(eq(licenses.customerEmail, customerEmail))
  const isOfCustomer = or(
    eq(portalSessions.customerEmail, customerEmail),
    inArray(licenseId, ofCustomer),
  )
  const rows = db
    .select()
    .from(portalSessions)
    .where(and(isOfCustomer, gt(id, after ?? '')))
    .orderBy(id)
    .limit(limit + 1)
    .all()
  return cutPage(rows, limit, (row) => row.id, toSession)
}

function insertSession(
  engine: Engine,
  origin: Origin,
  session: PortalSession,
  tokenHash: string,
): PortalSession {
  const row = toSessionRow(session, tokenHash)
  const { customerEmail, licenseId } = row
  engine.db.insert(portalSessions).values(row).run()
  const change = describeChange('portal_session', null, { customerEmail, licenseId })
  recordAction(engine, origin, 'portal_session.create', session.id, change)
  endOldest(engine, origin, session.visitor)
  return session
}

function endOldest(engine: Engine, origin: Origin, visitor: Visitor): void {
  const isOfVisitor =
    visitor.kind === 'email'
      ? eq(portalSessions.customerEmail, visitor.customerEmail)
      : eq(portalSessions.licenseId, visitor.licenseId)
  const rows = engine.db.select().from(portalSessions).where(isOfVisitor).all()
  const oldest = rows
    .sort((one, other) => other.createdAtMs - one.createdAtMs)
    .slice(PORTAL_SESSIONS_MAX)
  deleteSessions(
    engine,
    origin,
    oldest.map(({ id }) => id),
  )
}

function deleteSessions(engine: Engine, origin: Origin, ids: readonly string[]): void {
  for (const id of ids) {
    const isFound = eq(portalSessions.id, id)
    const deleted = engine.db.delete(portalSessions).where(isFound).returning().all()
    if (deleted.length > 0) recordAction(engine, origin, 'portal_session.end', id)
  }
}

/** Ends the sessions of everyone who has signed in with the key of a license. */
export function endKeySessions({ db }: Pick<Engine, 'db'>, licenseId: string): void {
  db.delete(portalSessions).where(eq(portalSessions.licenseId, licenseId)).run()
}

/** Deletes the sessions and codes of a customer. */
export function erasePortal(
  { db }: Pick<Engine, 'db'>,
  customerEmail: string,
  licenseIds: readonly string[],
): void {
  const isOfCustomer = eq(portalSessions.customerEmail, customerEmail)
  db.delete(portalSessions).where(isOfCustomer).run()
  for (const licenseId of licenseIds) endKeySessions({ db }, licenseId)
  db.delete(portalCodes).where(eq(portalCodes.customerEmail, customerEmail)).run()
}
