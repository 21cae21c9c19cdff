import { Database } from 'bun:sqlite'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { and, eq, gt } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/bun-sqlite'
import type { EventFacts } from '~/domain/events.ts'
import { Fault } from '~/domain/faults.ts'
import { migrate } from '~/platform/sqlite-migrations.ts'
import type { CommandContext, Commit, ReadCounters, Store } from '../port.ts'
import { activationMethods, createActivationReads } from './activations.ts'
import { apiKeyMethods, createApiKeyReads } from './api-keys.ts'
import { catalogMethods, createCatalogReads } from './catalog.ts'
import { createWriter } from './commit.ts'
import { applyPragmas, type Db, databasePath, SECRET_CHECK } from './connection.ts'
import { customerMethods } from './customers.ts'
import { createDeliveryReads, deliveryMethods } from './deliveries.ts'
import { recoveryMethods } from './delivery-recovery.ts'
import { createEndpointReads, endpointMethods } from './endpoints.ts'
import type { Engine } from './engine.ts'
import { createEventReads, eventMethods } from './events.ts'
import { expirationMethods } from './expirations.ts'
import { migrations } from './files/migrations.ts'
import { groupByNoun } from './grouped.ts'
import { createLastSeen } from './last-seen.ts'
import { licenseMethods } from './license-commands.ts'
import { type Counters, createLicenseReads } from './licenses.ts'
import { maintenanceMethods } from './maintenance.ts'
import { createOutboxWrites, outboxMethods } from './outbox.ts'
import type { Outcome } from './outcomes.ts'
import * as schema from './schema.ts'
import { createSeatReads, seatMethods } from './seats.ts'
import { createTransactions } from './transactions.ts'

const EXTERNAL_COMMIT_POLL_MS = 200

export interface SqliteOptions {
  /** The data directory, which exists; the database is `licet.sqlite` in it. */
  readonly directory: string
  /** Tells one master secret from another without telling what it is. */
  readonly secretCheck: string
  readonly createId: (prefix: 'evt' | 'dlv') => string
  /** The JSON text of an event's `data`, as it is frozen. */
  readonly renderEvent: (material: EventFacts) => string
  readonly readCounters: ReadCounters
  /** Called before a database that holds something is migrated. May refuse by throwing. */
  readonly beforeMigrating?: () => void
  /** Hears of what failed with nobody waiting for it. */
  readonly onError: (error: unknown) => void
}

/**
 * Opens, migrates and checks the database. Throws MigrationError for a schema it does not know, and
 * Fault `unavailable` for a master secret other than the one the database was made with.
 */
export function openSqliteStore(options: SqliteOptions): Store {
  const client = new Database(databasePath(options.directory), { create: true, strict: true })
  applyPragmas(client)
  migrate(client, migrations, () => {
    options.beforeMigrating?.()
    backUpBeforeMigrating(client, options.directory)
  })
  const db = drizzle(client, { schema })
  checkSecret(db, options.secretCheck)

  const listeners: ((commit: Commit) => void)[] = []
  // What is committed stays so, and is told to all, whatever a listener makes of it.
  const notify = (commit: Commit) => {
    for (const listener of listeners) {
      try {
        listener(commit)
      } catch (error) {
        options.onError(error)
      }
    }
  }
  const transactions = createTransactions(
    client,
    () => notify(writer.takeCommit()),
    () => writer.takeCommit(),
  )
  const lastSeen = createLastSeen(db, { transact: transactions.run, onError: options.onError })
  const catalog = createCatalogReads(db)
  const seats = createSeatReads(db)
  const activations = createActivationReads(db, { seats })
  const licenses = createLicenseReads(db, { catalog, activationReads: activations })
  const createDeliveryId = () => options.createId('dlv')
  const writer = createWriter(db, {
    createEventId: () => options.createId('evt'),
    renderEvent: options.renderEvent,
    readRecord: licenses.readRecord,
    outbox: createOutboxWrites(db, createDeliveryId),
  })

  const engine: Engine = {
    db,
    lastSeen,
    readCounters: options.readCounters,
    catalog,
    access: createApiKeyReads(db, lastSeen),
    activations,
    licenses,
    events: createEventReads(db),
    endpoints: createEndpointReads(db),
    deliveries: createDeliveryReads(db),
    createDeliveryId,
    transact: transactions.run,
    command: <Answer>(
      context: CommandContext<Answer>,
      find: () => Outcome<Answer> | null,
      counters: Counters = new Map(),
    ) =>
      transactions.run(() => {
        const outcome = find()
        return outcome === null ? null : writer.write(context, outcome, counters)
      }),
  }
  const poll = watchExternalCommits(client, notify)

  return groupByNoun({
    ...catalogMethods(engine),
    ...apiKeyMethods(engine),
    ...licenseMethods(engine),
    ...expirationMethods(engine),
    ...activationMethods(engine),
    ...seatMethods(engine),
    ...eventMethods(engine),
    ...endpointMethods(engine),
    ...deliveryMethods(engine),
    ...outboxMethods(engine),
    ...recoveryMethods(engine),
    ...maintenanceMethods(engine),
    ...customerMethods(engine),
    findStoredResponse: async (keyHash, nowMs) => readStoredResponse(db, keyHash, nowMs),
    subscribe: (listener) => {
      listeners.push(listener)
    },
    ping: async () => {
      db.$client.query('SELECT 1').get()
    },
    flush: lastSeen.flush,
    // Runs from the last step to the first, and each step even if an earlier one failed.
    close: async () => {
      clearInterval(poll)
      await using steps = new AsyncDisposableStack()
      steps.defer(() => client.close())
      steps.defer(() => void client.run('PRAGMA wal_checkpoint(TRUNCATE)'))
      steps.defer(() => transactions.end())
      steps.defer(() => lastSeen.close())
    },
  })
}

function readStoredResponse(db: Db, keyHash: string, nowMs: number) {
  const { storedResponses } = schema
  const { bodyHash, sealedResponse } = storedResponses
  const isKept = and(eq(storedResponses.keyHash, keyHash), gt(storedResponses.expiresAtMs, nowMs))
  return db.select({ bodyHash, sealedResponse }).from(storedResponses).where(isKept).get() ?? null
}

function checkSecret(db: Db, value: string): void {
  const { meta } = schema
  const stored = db.select().from(meta).where(eq(meta.name, SECRET_CHECK)).get()
  if (stored === undefined) db.insert(meta).values({ name: SECRET_CHECK, value }).run()
  else if (stored.value !== value) {
    throw new Fault(
      'unavailable',
      'The master secret is not the one this database was made with. Set LICET_MASTER_SECRET (or master.secret) to the former value.',
    )
  }
}

function backUpBeforeMigrating(client: Database, directory: string): void {
  const backups = join(directory, 'backups')
  mkdirSync(backups, { recursive: true, mode: 0o700 })
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-')
  client.run('VACUUM INTO ?', [join(backups, `before-migration-${stamp}.sqlite`)])
}

/** `data_version` moves when another process commits, and costs 2 µs to ask. */
function watchExternalCommits(client: Database, notify: (commit: Commit) => void) {
  const query = client.query<{ data_version: number }, []>('PRAGMA data_version')
  let last = query.get()?.data_version
  const timer = setInterval(() => {
    const next = query.get()?.data_version
    if (next === last) return
    last = next
    notify({
      licenseIds: [],
      activations: [],
      touchesPlans: true,
      touchesApiKeys: true,
      touchesOutbox: true,
      isExternal: true,
    })
  }, EXTERNAL_COMMIT_POLL_MS)
  timer.unref()
  return timer
}
