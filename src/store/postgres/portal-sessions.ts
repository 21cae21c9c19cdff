import { describeChange } from '~/domain/audit-values.ts'
import {
  PORTAL_SESSIONS_MAX,
  type PortalSession,
  toCustomerActor,
  type Visitor,
} from '~/domain/portal-sessions.ts'
import { formatArray } from '~/platform/postgres.ts'
import type { PortalCodes, PortalSessions } from '../portal-port.ts'
import { cutPage } from '../shared/pages.ts'
import { toSession, toSessionRow } from '../shared/portal-sessions.ts'
import { type Origin, recordAction, runCommand } from './commands.ts'
import type { Engine, Tx } from './engine.ts'
import { portalCodes, portalSessions } from './portal-schema.ts'
import { insertRows, selectRow, selectRows } from './rows.ts'

export function createPortalSessions(engine: Engine): PortalSessions {
  return {
    list: async (customerEmail, { limit, after }) => {
      const ofCustomer = 'SELECT id FROM licenses WHERE customer_email = $1'
      const rows = await selectRows(
        engine,
        portalSessions,
        undefined,
        `WHERE (customer_email = $1 OR license_id IN (${ofCustomer})) AND id > $2
         ORDER BY id LIMIT $3`,
        [customerEmail, after ?? '', limit + 1],
      )
      return cutPage(rows, limit, (row) => row.id, toSession)
    },
    find: async (tokenHash) => {
      const condition = 'WHERE token_hash = $1'
      const row = await selectRow(engine, portalSessions, undefined, condition, [tokenHash])
      return row === null ? null : toSession(row)
    },
    create: (session, tokenHash, context) =>
      runCommand(engine, context, (tx) => insertSession(tx, context, session, tokenHash)),
    end: async (id, context) => {
      await runCommand(engine, context, async (tx) => {
        await deleteSessions(tx, context, [id])
        return null
      })
    },
  }
}

export function createPortalCodes(engine: Engine): PortalCodes {
  const { transact } = engine
  return {
    create: (code, browserHash) =>
      transact(async (tx) => void (await insertRows(tx, portalCodes, [{ ...code, browserHash }]))),
    redeem: ({ browserHash, tokenHash }, { requestId, nowMs }, decide) =>
      transact(async (tx) => {
        // Locked, so that each attempt is counted.
        const condition = 'WHERE browser_hash = $1 FOR UPDATE'
        const row = await selectRow(tx, portalCodes, undefined, condition, [browserHash])
        if (row === null) return null
        const { browserHash: _secret, ...code } = row
        const session = decide(code)
        if (session === null) {
          const text = 'UPDATE portal_codes SET attempts = attempts + 1 WHERE browser_hash = $1'
          await tx.client.unsafe(text, [browserHash])
          return null
        }
        await tx.client.unsafe('DELETE FROM portal_codes WHERE browser_hash = $1', [browserHash])
        const { address } = session
        const origin = { actor: toCustomerActor(session), address, requestId, nowMs }
        return insertSession(tx, origin, session, tokenHash)
      }),
  }
}

async function insertSession(
  tx: Tx,
  origin: Origin,
  session: PortalSession,
  tokenHash: string,
): Promise<PortalSession> {
  const row = toSessionRow(session, tokenHash)
  const { customerEmail, licenseId } = row
  await insertRows(tx, portalSessions, [row])
  const change = describeChange('portal_session', null, { customerEmail, licenseId })
  recordAction(tx, origin, 'portal_session.create', session.id, change)
  await endOldest(tx, origin, session.visitor)
  return session
}

async function endOldest(tx: Tx, origin: Origin, visitor: Visitor): Promise<void> {
  const [column, value] =
    visitor.kind === 'email'
      ? ['customer_email', visitor.customerEmail]
      : ['license_id', visitor.licenseId]
  const oldest = await selectRows(
    tx,
    portalSessions,
    ['id'],
    `WHERE ${column} = $1 ORDER BY created_at_ms DESC OFFSET $2`,
    [value, PORTAL_SESSIONS_MAX],
  )
  await deleteSessions(
    tx,
    origin,
    oldest.map(({ id }) => id),
  )
}

async function deleteSessions(tx: Tx, origin: Origin, ids: readonly string[]): Promise<void> {
  const deleted = await tx.client.unsafe<{ id: string }[]>(
    'DELETE FROM portal_sessions WHERE id = ANY($1::text::text[]) RETURNING id',
    [formatArray(ids)],
  )
  for (const { id } of deleted) recordAction(tx, origin, 'portal_session.end', id)
}

/**
 * Deletes the codes and sessions of a customer. The codes come first: a session that one of them is
 * starting is found after it.
 */
export async function erasePortal(
  { client }: Tx,
  customerEmail: string,
  licenseIds: readonly string[],
): Promise<void> {
  await client.unsafe('DELETE FROM portal_codes WHERE customer_email = $1', [customerEmail])
  await client.unsafe(
    `DELETE FROM portal_sessions
     WHERE customer_email = $1 OR license_id = ANY($2::text::text[])`,
    [customerEmail, formatArray(licenseIds)],
  )
}
