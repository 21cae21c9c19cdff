import { and, gt, sql } from 'drizzle-orm'
import { isAutomatic } from '~/domain/actors.ts'
import type { AuditChange } from '~/domain/audit-values.ts'
import { countSteps, runAtOnce, type Steps } from '~/turns.ts'
import type { StoredResponses } from '../idempotency-port.ts'
import type { CommandContext } from '../port.ts'
import { touch } from '../shared/touched.ts'
import { appendAudit } from './audit.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import { equals, parameters } from './parameters.ts'
import { storedResponses } from './schema.ts'

export function prepareCommands(db: Db) {
  const { keyHash, bodyHash, sealedResponse, expiresAtMs } = storedResponses
  const isKept = gt(expiresAtMs, sql.placeholder('nowMs'))
  return {
    storeResponse: db
      .insert(storedResponses)
      .values(parameters('keyHash', 'bodyHash', 'sealedResponse', 'expiresAtMs'))
      .onConflictDoUpdate({
        target: keyHash,
        set: {
          bodyHash: sql`excluded.body_hash`,
          sealedResponse: sql`excluded.sealed_response`,
          expiresAtMs: sql`excluded.expires_at_ms`,
        },
      })
      .prepare(),
    response: db
      .select({ bodyHash, sealedResponse })
      .from(storedResponses)
      .where(and(equals(keyHash, 'keyHash'), isKept))
      .prepare(),
  }
}

/** The actor, time and request of a change. */
export type Origin = Pick<CommandContext<never>, 'actor' | 'address' | 'requestId' | 'nowMs'>

/**
 * Runs a command in a transaction, unless its response is stored already, and stores the response to
 * its result in the same transaction. `work` returns null for what does not exist; then no response
 * is stored.
 */
export function runCommand<Result, Found extends Result | null>(
  engine: Engine,
  context: CommandContext<Result>,
  work: () => Found,
): Promise<Found> {
  return engine.transact(() => {
    replayIfStored(engine, context)
    return runAtOnce(storeResponse(engine, context, work()))
  })
}

/** Runs a long command in the same way, in steps between which validations are answered. */
export function runCommandInSteps<Result, Found extends Result | null>(
  engine: Engine,
  context: CommandContext<Result>,
  begin: () => Steps<Found>,
): Promise<Found> {
  return engine.transactInSteps(function* () {
    replayIfStored(engine, context)
    return yield* storeResponse(engine, context, yield* begin())
  })
}

/** Only this transaction can store a response now, so what it does not find, it may do. */
function replayIfStored<Result>(
  { statements }: Engine,
  { idempotency, nowMs }: CommandContext<Result>,
): void {
  if (idempotency === null) return
  const { keyHash, replay } = idempotency
  const stored = statements.commands.response.get({ keyHash, nowMs })
  if (stored !== undefined) replay(stored)
}

function* storeResponse<Result, Found extends Result | null>(
  { statements }: Engine,
  { idempotency }: CommandContext<Result>,
  result: Found,
): Steps<Found> {
  if (result === null || idempotency === null) return result
  const { keyHash, bodyHash, expiresAtMs, render } = idempotency
  const sealedResponse = yield* render(result)
  yield countSteps(sealedResponse)
  statements.commands.storeResponse.run({ keyHash, bodyHash, sealedResponse, expiresAtMs })
  // The commit comes next.
  yield countSteps(sealedResponse)
  return result
}

/**
 * Records an action such as `plan.update`, for the audit and for caches. `change` has its values, and
 * is null if none of them is recorded; it is left out for actions that have none.
 */
export function recordAction(
  engine: Engine,
  origin: Origin,
  action: string,
  subjectId: string,
  change?: AuditChange | null,
): void {
  touch(engine.touched, action, subjectId)
  // Automatic actions are numerous, so only those that change recorded values are.
  if (origin.actor.kind === 'app' || (isAutomatic(origin.actor) && !change)) return
  appendAudit(engine, origin, { action, subjectId, change: change ?? null })
}

export function createStoredResponses({ committed: { statements } }: Engine): StoredResponses {
  return {
    find: async (keyHash, nowMs) => statements.commands.response.get({ keyHash, nowMs }) ?? null,
  }
}
