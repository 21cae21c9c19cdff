import { eq, sql } from 'drizzle-orm'
import type { Store } from '../port.ts'
import type { UsageBatch } from '../recorder.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import { activations, apiKeys, licenses } from './schema.ts'

/** Writes what the recorder held, in the transaction that it runs in. */
export function createUsageWriter(db: Db): (batch: UsageBatch) => void {
  const tally = db
    .update(licenses)
    .set({
      validationCount: sql`validation_count + ${sql.placeholder('count')}`,
      lastValidatedAtMs: sql`max(coalesce(last_validated_at_ms, 0), ${sql.placeholder('lastAtMs')})`,
    })
    .where(eq(licenses.id, sql.placeholder('licenseId')))
    .prepare()
  const apiKeyUse = db
    .update(apiKeys)
    .set({ lastUsedAtMs: sql`${sql.placeholder('atMs')}` })
    .where(eq(apiKeys.id, sql.placeholder('id')))
    .prepare()

  const sighting = db
    .update(activations)
    .set({ lastSeenAtMs: sql`max(last_seen_at_ms, ${sql.placeholder('atMs')})` })
    .where(eq(activations.id, sql.placeholder('id')))
    .prepare()

  return ({ tallies, sightings, apiKeyUses }) => {
    for (const [licenseId, { count, lastAtMs }] of tallies) {
      tally.run({ licenseId, count, lastAtMs })
    }
    for (const [id, atMs] of sightings) sighting.run({ id, atMs })
    for (const [id, atMs] of apiKeyUses) apiKeyUse.run({ id, atMs })
  }
}

export function usageMethods({ recorder }: Engine): Pick<Store, 'recordValidation' | 'flush'> {
  return {
    recordValidation: (validation) => recorder.recordValidation(validation),
    flush: () => recorder.flush(),
  }
}
