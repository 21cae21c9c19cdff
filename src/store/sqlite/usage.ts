import { eq, sql } from 'drizzle-orm'
import { decideSharingNotice, type SharingSignals } from '~/domain/sharing.ts'
import { bucketOf } from '~/domain/usage.ts'
import type { HistoryBatch, UsageBatch } from '../recorder.ts'
import type { Db } from './connection.ts'
import type { Engine } from './engine.ts'
import type { FlatStore } from './flat.ts'
import type { HistoryClient } from './history-client.ts'
import { outcomeOf } from './outcomes.ts'
import { activations, apiKeys } from './schema.ts'

/** Writes what the recorder held for the database, in the transaction that it runs in. */
export function createUsageWriter(db: Db): (batch: UsageBatch) => void {
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

  return ({ sightings, apiKeyUses }) => {
    for (const [id, atMs] of sightings) sighting.run({ id, atMs })
    for (const [id, atMs] of apiKeyUses) apiKeyUse.run({ id, atMs })
  }
}

/** Writes to the history, then `tell`s of what became suspicious by it, once that is on disk. */
export function createHistoryWriter(
  history: HistoryClient,
  tell: (signals: SharingSignals) => Promise<void>,
) {
  return async ({ number, entries, overflow }: HistoryBatch): Promise<void> => {
    const suspected = await history.call('write', {
      number,
      entries,
      rollups: [...overflow.rollups.values()],
      tallies: [...overflow.tallies],
      sightings: [...overflow.sightings],
    })
    await Promise.all(suspected.map(tell))
  }
}

/** Tells of a license that seems to be shared, unless that was done on the same day. */
export async function notifySharing(
  { command, licenses: reads }: Pick<Engine, 'command' | 'licenses'>,
  signals: SharingSignals,
): Promise<void> {
  const context = { actor: 'app', requestId: 'history', nowMs: signals.atMs, idempotency: null }
  await command(context, () => {
    const snapshot = reads.readSnapshot(signals.licenseId)
    return snapshot === null ? null : outcomeOf(decideSharingNotice(snapshot, signals))
  })
}

type UsageMethods = Pick<
  FlatStore,
  | 'recordValidation'
  | 'recordSighting'
  | 'flush'
  | 'listUsage'
  | 'listUsageCounts'
  | 'listUsageSeries'
  | 'countDevices'
  | 'exportUsage'
  | 'trimHistory'
>

export function usageMethods({ recorder, history }: Engine): UsageMethods {
  /** What cannot be written is the timer's to tell of; what is written can be read all the same. */
  const settle = () => recorder.flushHistory().catch(() => undefined)

  return {
    recordValidation: (validation) => recorder.recordValidation(validation),
    recordSighting: (sighting) => recorder.recordSighting(sighting),
    flush: () => recorder.flush(),
    listUsage: async (licenseId, range, page) => {
      await settle()
      return history.call('page', licenseId, range, page)
    },
    listUsageCounts: async (licenseId, range) => {
      await settle()
      return history.call('countsOf', licenseId, range)
    },
    listUsageSeries: async (licenseId, range, of) => {
      await settle()
      return history.call('seriesOf', licenseId, range, of)
    },
    countDevices: async (licenseId, range) => {
      await settle()
      return history.call('devicesOf', licenseId, range)
    },
    exportUsage: async (range, after, max) => {
      if (after === null) await settle()
      return history.call('chunk', range, after, max)
    },
    trimHistory: (beforeMs, max) => history.call('trim', bucketOf(beforeMs, 'day'), max),
  }
}
