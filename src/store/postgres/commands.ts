import { isAutomatic } from '~/domain/actors.ts'
import type { AuditChange } from '~/domain/audit-values.ts'
import { runInTurns } from '~/turns.ts'
import type { Idempotency, StoredResponses } from '../idempotency-port.ts'
import type { CommandContext } from '../port.ts'
import { touch } from '../shared/touched.ts'
import type { Engine, Tx } from './engine.ts'
import { selectRow } from './rows.ts'
import { storedResponses } from './schema.ts'

/** The actor, time and request of a change. */
export type Origin = Pick<CommandContext<never>, 'actor' | 'address' | 'requestId' | 'nowMs'>

/**
 * Runs a command in a transaction, unless its response is stored already, and stores the response to
 * its result in the same transaction. `work` returns null for what does not exist; then no response is
 * stored. Commands of the same lane run one after another.
 */
export function runCommand<Result, Found extends Result | null>(
  { transact }: Pick<Engine, 'transact'>,
  context: CommandContext<Result>,
  work: (tx: Tx) => Promise<Found>,
  lane?: string,
): Promise<Found> {
  return transact(async (tx) => {
    const { idempotency } = context
    if (idempotency === null) return work(tx)
    await reserveResponse(tx, idempotency, context.nowMs)
    const result = await work(tx)
    await storeResponse(tx, idempotency, result)
    return result
  }, lane)
}

/**
 * Inserts an empty response, which no other transaction sees. Another one with the same key waits here
 * until this one has ended. Throws what `replay` throws if there is a response.
 */
export async function reserveResponse<Result>(
  tx: Tx,
  { keyHash, bodyHash, expiresAtMs, replay }: Idempotency<Result>,
  nowMs: number,
): Promise<void> {
  const reserved = await tx.client.unsafe<unknown[]>(
    `INSERT INTO stored_responses (key_hash, body_hash, sealed_response, expires_at_ms)
     VALUES ($1, $2, '', $3)
     ON CONFLICT (key_hash) DO UPDATE
     SET body_hash = excluded.body_hash, sealed_response = '', expires_at_ms = excluded.expires_at_ms,
       xid = excluded.xid
     WHERE stored_responses.expires_at_ms <= $4
     RETURNING 1`,
    [keyHash, bodyHash, expiresAtMs, nowMs],
  )
  if (reserved.length > 0) return
  const stored = await selectRow(
    tx,
    storedResponses,
    ['bodyHash', 'sealedResponse'],
    'WHERE key_hash = $1',
    [keyHash],
  )
  if (stored !== null) replay(stored)
}

/** Stores the response to the result; with null, nothing is stored. */
export async function storeResponse<Result>(
  { client }: Tx,
  { keyHash, render }: Idempotency<Result>,
  result: Result | null,
): Promise<void> {
  if (result === null) {
    await client.unsafe('DELETE FROM stored_responses WHERE key_hash = $1', [keyHash])
    return
  }
  const sealed = await runInTurns(render(result))
  await client.unsafe('UPDATE stored_responses SET sealed_response = $2 WHERE key_hash = $1', [
    keyHash,
    sealed,
  ])
}

/**
 * Records an action such as `plan.update`, for the audit and for caches. `change` has its values, and
 * is null if none of them is recorded; it is left out for actions that have none.
 */
export function recordAction(
  tx: Tx,
  origin: Origin,
  action: string,
  subjectId: string,
  change?: AuditChange | null,
): void {
  touch(tx.touched, action, subjectId)
  // Automatic actions are numerous, so only those that change recorded values are.
  if (origin.actor.kind === 'app' || (isAutomatic(origin.actor) && !change)) return
  tx.audit.push({ origin, action: { action, subjectId, change: change ?? null } })
}

export function createStoredResponses(engine: Engine): StoredResponses {
  return {
    find: (keyHash, nowMs) =>
      selectRow(
        engine,
        storedResponses,
        ['bodyHash', 'sealedResponse'],
        'WHERE key_hash = $1 AND expires_at_ms > $2',
        [keyHash, nowMs],
      ),
  }
}
