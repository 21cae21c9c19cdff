import type { Activation } from '~/domain/activations.ts'
import { ACTIVATION_INTERVAL_MS, createSeenTimes } from '../shared/seen-times.ts'
import type { Db } from './connection.ts'

export type LastSeen = ReturnType<typeof createLastSeen>

interface Parts {
  readonly transact: (work: () => void) => Promise<void>
  readonly onError: (error: unknown) => void
}

/** Keeps in memory when activations, API keys and sessions were last used, and writes it later. */
export function createLastSeen(db: Db, { transact, onError }: Parts) {
  const { writeActivation, writeApiKey, writeSession } = prepareWrites(db)
  const times = createSeenTimes({
    write: ({ activations, apiKeys, sessions }) =>
      transact(() => {
        activations.forEach(writeActivation)
        apiKeys.forEach(writeApiKey)
        sessions.forEach(writeSession)
      }),
    onError,
  })
  return {
    ...times,
    /**
     * Writes the pending time of an activation, in the transaction that decides whether to evict it.
     * Returns false if there is none that is later, or no transaction.
     */
    writeIfPending(activation: Activation): boolean {
      const atMs = times.findPending(activation)
      if (atMs === null || !db.$client.inTransaction) return false
      writeActivation(atMs, activation.id)
      return true
    },
  }
}

function prepareWrites({ $client }: Db) {
  // A time more than an hour later is from a clock that has been set back since.
  const activation = $client.query(
    `UPDATE activations SET last_seen_at_ms =
       iif(last_seen_at_ms > ?1 + ${ACTIVATION_INTERVAL_MS}, ?1, max(last_seen_at_ms, ?1))
     WHERE id = ?2`,
  )
  const apiKey = $client.query('UPDATE api_keys SET last_used_at_ms = ? WHERE id = ?')
  const session = $client.query('UPDATE sessions SET last_seen_at_ms = ? WHERE id = ?')
  return {
    writeActivation: (atMs: number, id: string) => void activation.run(atMs, id),
    writeApiKey: (atMs: number, id: string) => void apiKey.run(atMs, id),
    writeSession: (atMs: number, id: string) => void session.run(atMs, id),
  }
}
