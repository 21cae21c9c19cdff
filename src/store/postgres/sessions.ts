import { describeChange } from '~/domain/audit-values.ts'
import {
  type Holder,
  SESSIONS_PER_HOLDER_MAX,
  type Session,
  toSessionCaller,
} from '~/domain/sessions.ts'
import { formatArray } from '~/platform/postgres.ts'
import type { Sessions, SetupAttempt, SetupLinks } from '../access-port.ts'
import { cutPageByPosition, getPositionRange } from '../shared/pages.ts'
import { toApiKey } from './api-keys.ts'
import { type Origin, recordAction, runCommand } from './commands.ts'
import type { Engine, Reading, Tx } from './engine.ts'
import { insertOperator, readOperator, toOperator } from './operators.ts'
import { insertRows, selectRow, selectRows } from './rows.ts'
import { apiKeys } from './schema.ts'
import { operators, sessions, setupLinks } from './session-schema.ts'

type SessionRow = typeof sessions.$inferSelect

export function createSessions(engine: Engine): Sessions {
  return {
    list: async (page) => {
      const { before, max } = getPositionRange(page)
      const condition = 'WHERE position < $1 ORDER BY position DESC LIMIT $2'
      const rows = await readSessions(engine, condition, [before, max])
      return cutPageByPosition(rows, page, ({ session }) => session)
    },
    find: async (tokenHash) => {
      const [found] = await readSessions(engine, 'WHERE token_hash = $1', [tokenHash])
      return found?.session ?? null
    },
    create: (session, tokenHash, context) =>
      runCommand(engine, context, (tx) => insertSession(tx, context, session, tokenHash)),
    end: (id, context, check) =>
      runCommand(engine, context, async (tx) => {
        const [found] = await readSessions(tx, 'WHERE id = $1 FOR UPDATE', [id])
        if (found === undefined) return null
        check(found.session)
        await deleteSessions(tx, context, [found.session])
        return found.session
      }),
    endAll: (context, isChosen) =>
      runCommand(engine, context, async (tx) => {
        const all = await readSessions(tx, 'ORDER BY position FOR UPDATE')
        const chosen = all.map(({ session }) => session).filter(isChosen)
        await deleteSessions(tx, context, chosen)
        return chosen.length
      }),
    recordUse: engine.lastSeen.recordSession,
  }
}

export function createSetupLinks(engine: Engine): SetupLinks {
  return {
    create: (link, hash, context) =>
      runCommand(engine, context, async (tx) => {
        const { operatorId, createdAtMs } = link
        await insertRows(tx, setupLinks, [{ hash, operatorId, createdAtMs }])
        recordAction(tx, context, 'setup_link.create', operatorId ?? 'any')
        return link
      }),
    redeem: (attempt, { requestId, nowMs }, decide) =>
      engine.transact(async (tx) => {
        const state = await readSetup(tx, attempt)
        if (state === null) return null
        const session = decide(state)
        const { actor } = toSessionCaller(session)
        const origin = { actor, address: session.address, requestId, nowMs }
        await tx.client.unsafe('DELETE FROM setup_links WHERE hash = $1', [attempt.hash])
        const { holder } = session
        const isNew = state.operator === null && holder.kind === 'operator'
        if (isNew) await insertOperator(tx, origin, holder.operator)
        return insertSession(tx, origin, session, attempt.tokenHash)
      }),
  }
}

/** Locks the link, so that it is used up only once. */
async function readSetup(tx: Tx, { hash, name }: SetupAttempt) {
  const row = await selectRow(tx, setupLinks, undefined, 'WHERE hash = $1 FOR UPDATE', [hash])
  if (row === null) return null
  const { hash: _secret, ...link } = row
  const { operatorId } = link
  const operator =
    operatorId === null
      ? await readOperator(tx, 'name', name)
      : await readOperator(tx, 'id', operatorId)
  return { link, operator }
}

interface FoundSession {
  readonly position: number
  readonly session: Session
}

/** Leaves out a session whose holder is deleted while they are read. */
async function readSessions(
  reading: Reading,
  condition: string,
  values: readonly unknown[] = [],
): Promise<readonly FoundSession[]> {
  const rows = await selectRows(reading, sessions, undefined, condition, values)
  const holderOf = await readHolders(reading, rows)
  return rows.flatMap((row) => {
    const holder = holderOf(row)
    if (holder === null) return []
    const { position, tokenHash: _secret, operatorId: _operator, apiKeyId: _key, ...facts } = row
    const lastSeenAtMs = reading.lastSeen.findSessionUse(facts.id) ?? facts.lastSeenAtMs
    return { position, session: { ...facts, lastSeenAtMs, holder } }
  })
}

async function readHolders(
  reading: Reading,
  rows: readonly SessionRow[],
): Promise<(row: SessionRow) => Holder | null> {
  const ids = (name: 'operatorId' | 'apiKeyId') =>
    formatArray([...new Set(rows.flatMap((row) => row[name] ?? []))])
  const isNamed = 'WHERE id = ANY($1::text::text[])'
  const people = await selectRows(reading, operators, undefined, isNamed, [ids('operatorId')])
  const keys = await selectRows(reading, apiKeys, undefined, isNamed, [ids('apiKeyId')])
  const holders = new Map<string | null, Holder>([
    ...people.map((row) => [row.id, { kind: 'operator', operator: toOperator(row) }] as const),
    ...keys.map((row) => [row.id, { kind: 'key', apiKey: toApiKey(reading, row) }] as const),
  ])
  return ({ operatorId, apiKeyId }) => holders.get(operatorId ?? apiKeyId) ?? null
}

async function insertSession(
  tx: Tx,
  origin: Origin,
  session: Session,
  tokenHash: string,
): Promise<Session> {
  const { holder, ...facts } = session
  const operatorId = holder.kind === 'operator' ? holder.operator.id : null
  const apiKeyId = holder.kind === 'key' ? holder.apiKey.id : null
  await insertRows(tx, sessions, [{ ...facts, tokenHash, operatorId, apiKeyId }])
  recordAction(tx, origin, 'session.create', session.id, describeChange('session', null, facts))
  await endOldest(
    tx,
    origin,
    operatorId === null ? 'api_key_id' : 'operator_id',
    operatorId ?? apiKeyId,
  )
  return session
}

/** Ends the sessions of a holder that are too many. */
async function endOldest(
  tx: Tx,
  origin: Origin,
  column: 'api_key_id' | 'operator_id',
  id: string | null,
): Promise<void> {
  const all = await readSessions(tx, `WHERE ${column} = $1 ORDER BY position`, [id])
  if (all.length <= SESSIONS_PER_HOLDER_MAX) return
  const oldest = all
    .map(({ session }) => session)
    .sort((one, other) => other.lastSeenAtMs - one.lastSeenAtMs)
    .slice(SESSIONS_PER_HOLDER_MAX)
  await deleteSessions(tx, origin, oldest)
}

async function deleteSessions(tx: Tx, origin: Origin, ended: readonly Session[]): Promise<void> {
  const ids = formatArray(ended.map(({ id }) => id))
  await tx.client.unsafe('DELETE FROM sessions WHERE id = ANY($1::text::text[])', [ids])
  for (const { id } of ended) recordAction(tx, origin, 'session.end', id)
}
