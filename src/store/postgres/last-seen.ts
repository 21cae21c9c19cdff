import type { Activation } from '~/domain/activations.ts'
import { ACTIVATION_INTERVAL_MS, createSeenTimes, type SeenGroup } from '../shared/seen-times.ts'
import type { Reading, Tx } from './engine.ts'
import type { Transactions } from './transactions.ts'

export type LastSeen = ReturnType<typeof createSeenTimes>

/** Keeps in memory when activations, API keys and sessions were last used, and writes it later. */
export function createLastSeen(
  transact: Transactions<Tx>['run'],
  onError: (error: unknown) => void,
): LastSeen {
  return createSeenTimes({ write: (group) => transact((tx) => writeTimes(tx, group)), onError })
}

/** Writes in the order of the ids, so that two nodes never wait for each other. */
async function writeTimes({ client }: Tx, group: SeenGroup): Promise<void> {
  const write = async (text: string, times: ReadonlyMap<string, number>) => {
    if (times.size === 0) return
    const given = [...times].map(([id, at]) => ({ id, at }))
    await client.unsafe(text, [JSON.stringify(given)])
  }
  await write(ACTIVATIONS, group.activations)
  await write(API_KEYS, group.apiKeys)
  await write(SESSIONS, group.sessions)
}

const given = (table: string) =>
  `(SELECT given.id, given.at FROM json_to_recordset($1::text::json) AS given (id text, at bigint)
    JOIN ${table} USING (id) ORDER BY id FOR NO KEY UPDATE OF ${table}) AS seen`

/** A time more than an hour later is from a clock that has been set back since. */
const ACTIVATIONS = `UPDATE activations SET last_seen_at_ms =
    CASE WHEN last_seen_at_ms > at + ${ACTIVATION_INTERVAL_MS} THEN at
    ELSE greatest(last_seen_at_ms, at) END
  FROM ${given('activations')} WHERE activations.id = seen.id`
const API_KEYS = `UPDATE api_keys SET last_used_at_ms = greatest(coalesce(last_used_at_ms, 0), at)
  FROM ${given('api_keys')} WHERE api_keys.id = seen.id`
const SESSIONS = `UPDATE sessions SET last_seen_at_ms = greatest(last_seen_at_ms, at)
  FROM ${given('sessions')} WHERE sessions.id = seen.id`

/**
 * Writes the pending time of an activation, in the transaction that decides whether to evict it.
 * Returns false if there is none that is later, or no transaction.
 */
export async function writeIfPending(reading: Reading | Tx, activation: Activation) {
  const at = reading.lastSeen.findPending(activation)
  if (at === null || !('touched' in reading)) return false
  await reading.client.unsafe(ACTIVATIONS, [JSON.stringify([{ id: activation.id, at }])])
  return true
}
