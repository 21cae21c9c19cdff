import { eq } from 'drizzle-orm'
import { assert } from '~/assert.ts'
import { describeChange } from '~/domain/audit-values.ts'
import {
  type Holder,
  SESSIONS_PER_HOLDER_MAX,
  type Session,
  type SetupLink,
  toSessionCaller,
} from '~/domain/sessions.ts'
import type { Sessions, SetupAttempt, SetupLinks } from '../access-port.ts'
import { readPageByPosition } from '../shared/pages.ts'
import { toApiKey } from './api-keys.ts'
import { type Origin, recordAction, runCommand } from './commands.ts'
import type { Db } from './connection.ts'
import type { Engine, Reading } from './engine.ts'
import { insertOperator, toOperator } from './operators.ts'
import { equals, selectNewest } from './parameters.ts'
import { sessions, setupLinks } from './session-schema.ts'

type SessionRow = typeof sessions.$inferSelect

export function prepareSessions(db: Db) {
  const select = () => db.select().from(sessions)
  return {
    byId: select().where(equals(sessions.id, 'id')).prepare(),
    byToken: select().where(equals(sessions.tokenHash, 'tokenHash')).prepare(),
    newest: selectNewest(select().$dynamic(), sessions.position).prepare(),
    setupLink: db.select().from(setupLinks).where(equals(setupLinks.hash, 'hash')).prepare(),
  }
}

export function createSessions(engine: Engine): Sessions {
  const { committed, statements, lastSeen } = engine
  // A session and its holder are read together, because another process may delete both.
  const readTogether = <Result>(read: () => Result) => committed.db.$client.transaction(read)()
  return {
    list: async (page) =>
      readTogether(() =>
        readPageByPosition(
          page,
          (range) => committed.statements.sessions.newest.all(range),
          (row) => toSession(committed, row),
        ),
      ),
    find: async (tokenHash) =>
      readTogether(() => {
        const row = committed.statements.sessions.byToken.get({ tokenHash })
        return row === undefined ? null : toSession(committed, row)
      }),
    create: (session, tokenHash, context) =>
      runCommand(engine, context, () => insertSession(engine, context, session, tokenHash)),
    end: (id, context, check) =>
      runCommand(engine, context, () => {
        const row = statements.sessions.byId.get({ id })
        if (row === undefined) return null
        const session = toSession(engine, row)
        check(session)
        deleteSessions(engine, context, [session])
        return session
      }),
    endAll: (context, isChosen) =>
      runCommand(engine, context, () => {
        const all = engine.db.select().from(sessions).all()
        const chosen = all.map((row) => toSession(engine, row)).filter(isChosen)
        deleteSessions(engine, context, chosen)
        return chosen.length
      }),
    recordUse: lastSeen.recordSession,
  }
}

export function createSetupLinks(engine: Engine): SetupLinks {
  return {
    create: (link, hash, context) =>
      runCommand(engine, context, () => {
        const { operatorId, createdAtMs } = link
        engine.db.insert(setupLinks).values({ hash, operatorId, createdAtMs }).run()
        recordAction(engine, context, 'setup_link.create', operatorId ?? 'any')
        return link
      }),
    redeem: (attempt, { requestId, nowMs }, decide) =>
      engine.transact(() => {
        const state = readSetup(engine, attempt)
        if (state === null) return null
        const session = decide(state)
        const { actor } = toSessionCaller(session)
        const origin = { actor, address: session.address, requestId, nowMs }
        engine.db.delete(setupLinks).where(eq(setupLinks.hash, attempt.hash)).run()
        const { holder } = session
        const isNew = state.operator === null && holder.kind === 'operator'
        if (isNew) insertOperator(engine, origin, holder.operator)
        return insertSession(engine, origin, session, attempt.tokenHash)
      }),
  }
}

function readSetup({ statements }: Engine, { hash, name }: SetupAttempt) {
  const row = statements.sessions.setupLink.get({ hash })
  if (row === undefined) return null
  const { hash: _secret, ...link }: SetupLink & { hash: string } = row
  const { byId, byName } = statements.operators
  const { operatorId } = link
  const operator = operatorId === null ? byName.get({ name }) : byId.get({ id: operatorId })
  return { link, operator: operator === undefined ? null : toOperator(operator) }
}

function toSession(
  reading: Reading,
  { position: _order, tokenHash: _secret, operatorId, apiKeyId, ...facts }: SessionRow,
): Session {
  const holder = readHolder(reading, operatorId, apiKeyId)
  const lastSeenAtMs = reading.lastSeen.findSessionUse(facts.id) ?? facts.lastSeenAtMs
  return { ...facts, lastSeenAtMs, holder }
}

function readHolder(reading: Reading, operatorId: string | null, apiKeyId: string | null): Holder {
  const { operators, apiKeys } = reading.statements
  if (operatorId !== null) {
    const row = operators.byId.get({ id: operatorId })
    assert(row !== undefined, 'a session ends with its operator')
    return { kind: 'operator', operator: toOperator(row) }
  }
  const row = apiKeys.byId.get({ id: apiKeyId })
  assert(row !== undefined, 'a session ends with its API key')
  return { kind: 'key', apiKey: toApiKey(reading, row) }
}

function insertSession(
  engine: Engine,
  origin: Origin,
  session: Session,
  tokenHash: string,
): Session {
  const { holder, ...facts } = session
  const operatorId = holder.kind === 'operator' ? holder.operator.id : null
  const apiKeyId = holder.kind === 'key' ? holder.apiKey.id : null
  const row = { ...facts, tokenHash, operatorId, apiKeyId }
  engine.db.insert(sessions).values(row).run()
  recordAction(engine, origin, 'session.create', session.id, describeChange('session', null, facts))
  endOldest(engine, origin, row)
  return session
}

/** Ends the sessions of a holder that are too many. */
function endOldest(
  engine: Engine,
  origin: Origin,
  { operatorId, apiKeyId }: Pick<SessionRow, 'operatorId' | 'apiKeyId'>,
): void {
  const { db } = engine
  const isOfHolder =
    operatorId === null
      ? eq(sessions.apiKeyId, apiKeyId ?? '')
      : eq(sessions.operatorId, operatorId)
  const rows = db.select().from(sessions).where(isOfHolder).all()
  if (rows.length <= SESSIONS_PER_HOLDER_MAX) return
  const oldest = rows
    .map((row) => toSession(engine, row))
    .sort((one, other) => other.lastSeenAtMs - one.lastSeenAtMs)
    .slice(SESSIONS_PER_HOLDER_MAX)
  deleteSessions(engine, origin, oldest)
}

function deleteSessions(engine: Engine, origin: Origin, ended: readonly Session[]): void {
  for (const { id } of ended) {
    engine.db.delete(sessions).where(eq(sessions.id, id)).run()
    recordAction(engine, origin, 'session.end', id)
  }
}
