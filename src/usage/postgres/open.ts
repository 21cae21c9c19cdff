import { Fault } from '~/domain/faults.ts'
import type { SharingSignals } from '~/domain/sharing.ts'
import { getBucket } from '~/domain/usage.ts'
import { closePool, openPool, type Pool, type PoolOptions } from '~/platform/postgres.ts'
import { migrate } from '~/platform/postgres-migrations.ts'
import { openWatchedPool } from '~/platform/postgres-watch.ts'
import { type Buffer, createBuffer } from '../buffer.ts'
import { createRecordEdgeBatch } from '../edge-intake.ts'
import { createHealth, type Health } from '../health.ts'
import type { Usage } from '../port.ts'
import { SHARDS } from '../shards.ts'
import { query } from './calls.ts'
import { createCountersReader } from './counters.ts'
import { createCountQueries } from './counts.ts'
import { createDays } from './days.ts'
import { readLast } from './edge-batches.ts'
import { createErasing } from './erasing.ts'
import { createErasures } from './erasures.ts'
import { fold } from './fold.ts'
import { createLicenseNumbers } from './license-numbers.ts'
import { createListQueries } from './lists.ts'
import { migrations } from './migrations.ts'
import { createPlanner, type ParsedAddition } from './plan.ts'
import { settleSilent } from './settle.ts'
import { createSharingWatch } from './sharing.ts'
import { createWriter, type Writer } from './writer.ts'

/** One writes, and the others are for queries. */
const CONNECTIONS_MAX = 4
/** A process that has staged validations and not settled them for this long has ended. */
const SILENT_MS = 30_000
/** How often the database is tried again while it is away. */
const RETRY_MS = 1000

export interface PostgresUsageOptions extends PoolOptions {
  /** Decides which partitions are created. */
  readonly getNowMs: () => number
  /** Called for each license that exceeds a sharing threshold, once its validations are written. */
  readonly onSharing: (signals: SharingSignals) => Promise<void>
  /** Receives errors that no caller waits for. */
  readonly onError: (error: unknown) => void
  /** Called for each validation that finds no room in memory. */
  readonly onDropped: () => void
}

/** Brings the tables of usage up to date. Throws MigrationError if they are of a newer version. */
export const migrateUsage = (pool: Pool) => migrate(pool, migrations, 'usage_migrations')

/** Settles what servers that have ended have staged. No server may be running. */
export async function settleUsage(pool: Pool): Promise<void> {
  const erasures = createErasures(() => undefined)
  await settleSilent({ pool, erasures, numbers: createLicenseNumbers(pool) }, 0)
}

/** Migrates and opens usage in a database, as several nodes may do at the same time. */
export async function openPostgresUsage(options: PostgresUsageOptions): Promise<Usage> {
  const pool = openPool({ ...options, connectionsMax: 1 })
  try {
    await migrateUsage(pool)
  } finally {
    await closePool(pool)
  }
  return connectPostgresUsage(options)
}

/** Opens usage in a database that has the tables of this version. Needs no connection yet. */
export function connectPostgresUsage(options: PostgresUsageOptions): Usage {
  const { connectionsMax = CONNECTIONS_MAX, onError, onDropped } = options
  const pool = openWatchedPool({ ...options, connectionsMax })
  const key = crypto.randomUUID()
  const health = createHealth({ name: 'database', describeFailure }, onError)
  const numbers = createLicenseNumbers(pool)
  const planner = createPlanner()
  const erasures = createErasures(planner.forget)
  const days = createDays(pool, options.getNowMs)
  const sharing = createSharingWatch(pool, numbers)
  const writer = createWriter({ pool, key, planner, erasures, numbers })
  const afterWrite = createAfterWrite(sharing.check, options)

  const { run, settleAll, settleSilentFor } = createSettling({
    ...{ writer, health, afterWrite, flush: () => buffer.flush() },
    settleSilentFor: (silentMs) => settleSilent({ pool, erasures, numbers }, silentMs),
  })

  const buffer = createBuffer({
    // Nothing else writes batches with the key of this process.
    readLastBatch: async () => 0,
    write: (...batch) => run(() => days.prepare().then(() => writer.write(...batch))),
    foldDue: () => run(writer.settleDue),
    // `health` has reported it.
    onError: () => undefined,
    onDropped,
  })
  const listPending = createListPending(buffer)
  const readCounters = createCountersReader({ pool, key, listPending })
  const retry = setInterval(() => {
    if (health.isWritable()) return
    void (buffer.retry() ?? health.watch(query(pool, 'SELECT 1'))).catch(() => undefined)
  }, RETRY_MS).unref()

  return {
    record: buffer.add,
    recordEdgeBatch: createRecordEdgeBatch({
      add: buffer.addEdgeBatch,
      readLast: (...run) => health.limitWait(readLast(pool, ...run)),
      flush: () => health.limitWait(buffer.flush()),
    }),
    readCounters: (licenseIds) => readCounters(licenseIds, health.limitWait),
    ...createQueries(pool, numbers, createAfterFlush(settleAll, health)),
    trim: (beforeMs, max) => days.trim(getBucket(beforeMs, 'day'), max),
    erase: createErasing({ pool, numbers, erasures, flush: settleAll }, (licenseIds) => {
      planner.forget()
      for (const id of licenseIds) sharing.forget(id)
    }),
    fold: async (max) => {
      await settleSilentFor(SILENT_MS)
      return fold(pool, max)
    },
    // PostgreSQL empties its log itself.
    truncateLog: async () => undefined,
    listDegradations: health.listDegradations,
    flush: buffer.flush,
    close: async () => {
      clearInterval(retry)
      await using steps = new AsyncDisposableStack()
      steps.defer(() => closePool(pool))
      // If the database is away, another process does it later.
      if (health.isWritable()) steps.defer(() => settleAll().catch(onError))
      steps.defer(() => buffer.close().catch(rejectLost))
    },
  }
}

interface SettlingParts {
  readonly writer: Writer
  readonly health: Health
  readonly afterWrite: (additions: readonly ParsedAddition[]) => Promise<void>
  readonly flush: () => Promise<void>
  readonly settleSilentFor: (silentMs: number) => Promise<readonly ParsedAddition[]>
}

/** Returns the steps that write validations, each with what follows: health, and a look for sharing. */
function createSettling({ writer, health, afterWrite, flush, settleSilentFor }: SettlingParts) {
  /** Returns the last settled batch, for each shard. */
  async function run(step: () => Promise<readonly ParsedAddition[]>): Promise<readonly number[]> {
    await afterWrite(await health.watch(step()))
    return Array(SHARDS).fill(writer.readLastSettled())
  }

  return {
    run,
    /** Writes everything that was recorded before, by other processes too. */
    settleAll: async (): Promise<void> => {
      await flush()
      await run(writer.settle)
      await run(() => settleSilentFor(0))
    },
    settleSilentFor: (silentMs: number) => run(() => settleSilentFor(silentMs)),
  }
}

type AfterFlush = <Result>(run: () => Promise<Result>) => Promise<Result>

function createQueries(
  pool: Pool,
  numbers: ReturnType<typeof createLicenseNumbers>,
  afterFlush: AfterFlush,
) {
  const lists = createListQueries(pool, numbers)
  const counts = createCountQueries(pool, numbers)
  return {
    list: (...args) => afterFlush(() => lists.list(...args)),
    listMany: lists.listMany,
    export: (range, after, max) =>
      after === null
        ? afterFlush(() => lists.export(range, after, max))
        : lists.export(range, after, max),
    listCounts: (...args) => afterFlush(() => counts.listCounts(...args)),
    listSeries: (...args) => afterFlush(() => counts.listSeries(...args)),
    countDevices: (...args) => afterFlush(() => counts.countDevices(...args)),
  } satisfies Partial<Usage>
}

/** Returns a function that flushes first, unless the last write failed: the rest can still be read. */
function createAfterFlush(flush: () => Promise<void>, health: Health): AfterFlush {
  return (run) => {
    const flushed = health.isWritable() ? flush() : Promise.resolve()
    return health.limitWait(flushed.catch(() => undefined).then(run))
  }
}

/** Returns a function that lists the counters of each batch under its number, also of the next one. */
const createListPending = (buffer: Buffer) => (licenseId: string) =>
  buffer.listPending(licenseId).map((pending) => ({
    ...pending,
    lastBatch: Math.min(pending.lastBatch, buffer.readNextNumber()),
  }))

/** Returns a function that looks for sharing. The batch is written, so an error must not repeat it. */
function createAfterWrite(
  check: ReturnType<typeof createSharingWatch>['check'],
  { onSharing, onError }: PostgresUsageOptions,
) {
  return async (additions: readonly ParsedAddition[]): Promise<void> => {
    try {
      const begun = additions.filter(({ isNew, nth }) => isNew && nth !== null)
      const exceeding = await check(begun.map(({ record }) => record))
      await Promise.all(exceeding.map((signals) => onSharing(signals).catch(onError)))
    } catch (error) {
      onError(error)
    }
  }
}

const describeFailure = (failure: string) =>
  `Usage cannot be written to the database at the moment (${failure}), so validations are kept in memory.`

function rejectLost(cause: unknown): never {
  const reason = cause instanceof Fault ? cause.cause : cause
  const detail = `The database could not be written, so counters and history lack the last validations: ${reason}`
  throw new Fault('unavailable', detail, { cause })
}
