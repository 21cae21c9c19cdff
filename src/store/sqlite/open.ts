import { Database } from 'bun:sqlite'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { eq } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/bun-sqlite'
import { Fault } from '~/domain/faults.ts'
import { migrate } from '~/platform/sqlite-migrations.ts'
import type { Store } from '../port.ts'
import { createActivations } from './activations.ts'
import { createApiKeys } from './api-keys.ts'
import { createStoredResponses } from './commands.ts'
import { createCommitListeners, watchExternalCommits } from './commits.ts'
import {
  applyPragmas,
  applyReadingPragmas,
  type Db,
  databasePath,
  SECRET_CHECK,
} from './connection.ts'
import { createCustomers } from './customers.ts'
import { createDeliveries } from './deliveries.ts'
import { createEndpoints } from './endpoints.ts'
import { createTouched, type Engine, type Reading, takeCommit } from './engine.ts'
import { createEvents } from './events.ts'
import { migrations } from './files/migrations.ts'
import { createLastSeen, type LastSeen } from './last-seen.ts'
import { createLicenses } from './license-commands.ts'
import { createValidations } from './licenses.ts'
import { createMaintenance } from './maintenance.ts'
import { createOutbox } from './outbox.ts'
import { createPlans } from './plans.ts'
import { createProducts } from './products.ts'
import * as schema from './schema.ts'
import { createSeats } from './seats.ts'
import { prepareStatements } from './statements.ts'
import { updateStoredTexts } from './stored-texts.ts'
import { createTransactions, type Transactions } from './transactions.ts'

export interface SqliteOptions
  extends Pick<Engine, 'createId' | 'renderEvent' | 'readCounters' | 'clock'> {
  /** The data directory, which exists; the database is `licet.sqlite` in it. */
  readonly directory: string
  /** A value derived from the master secret, which reveals whether the secret has changed. */
  readonly secretCheck: string
  /** Called before a database with data is migrated. Throws to refuse. */
  readonly beforeMigrating?: () => void
  /** Called with errors that no caller is waiting for. */
  readonly onError: (error: unknown) => void
}

/**
 * Opens, migrates and checks the database. Throws MigrationError for an unknown schema, and a Fault
 * `unavailable` if the database was created with another master secret.
 */
export function openSqliteStore(options: SqliteOptions): Store {
  const { createId, renderEvent, readCounters, clock, onError } = options
  const db = openDatabase(options)
  const listeners = createCommitListeners(onError)
  const transactions = createTransactions(
    db.$client,
    () => listeners.notify(takeCommit(engine)),
    () => takeCommit(engine),
  )
  const transact = transactions.run
  const lastSeen = createLastSeen(db, { transact, onError })
  const committed = openReading(options, lastSeen)
  const engine: Engine = {
    db,
    statements: prepareStatements(db),
    lastSeen,
    committed,
    createId,
    renderEvent,
    readCounters,
    clock,
    transact,
    transactInSteps: transactions.runInSteps,
    touched: createTouched(),
  }
  const poll = watchExternalCommits(db.$client, listeners.notify)
  return {
    products: createProducts(engine),
    plans: createPlans(engine),
    apiKeys: createApiKeys(engine),
    licenses: createLicenses(engine),
    validations: createValidations(engine),
    activations: createActivations(engine),
    seats: createSeats(engine),
    events: createEvents(engine),
    endpoints: createEndpoints(engine),
    deliveries: createDeliveries(engine),
    outbox: createOutbox(engine),
    customers: createCustomers(engine),
    storedResponses: createStoredResponses(engine),
    maintenance: createMaintenance(engine),
    subscribe: listeners.add,
    ping: async () => void db.$client.query('SELECT 1').get(),
    flush: engine.lastSeen.flush,
    close: () => close(engine, transactions, poll),
  }
}

function openDatabase({ directory, beforeMigrating, secretCheck }: SqliteOptions): Db {
  const client = new Database(databasePath(directory), { create: true, strict: true })
  applyPragmas(client)
  migrate(client, migrations, () => {
    beforeMigrating?.()
    backUpBeforeMigrating(client, directory)
  })
  const db = drizzle(client, { schema })
  checkSecret(db, secretCheck)
  updateStoredTexts(db)
  return db
}

/** Opens a second connection, which never sees a transaction before its commit. */
function openReading({ directory, clock }: SqliteOptions, lastSeen: LastSeen): Reading {
  const client = new Database(databasePath(directory), { readonly: true, strict: true })
  applyReadingPragmas(client)
  const db = drizzle(client, { schema })
  return {
    db,
    statements: prepareStatements(db),
    clock,
    // Outside of transactions nothing is evicted, so nothing has to be written first.
    lastSeen: { ...lastSeen, writeIfPending: () => false },
  }
}

function backUpBeforeMigrating(client: Database, directory: string): void {
  const backups = join(directory, 'backups')
  mkdirSync(backups, { recursive: true, mode: 0o700 })
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-')
  client.run('VACUUM INTO ?', [join(backups, `before-migration-${stamp}.sqlite`)])
}

function checkSecret(db: Db, value: string): void {
  const { meta } = schema
  const stored = db.select().from(meta).where(eq(meta.name, SECRET_CHECK)).get()
  if (stored === undefined) db.insert(meta).values({ name: SECRET_CHECK, value }).run()
  else if (stored.value !== value) {
    const detail =
      'The database was created with a different master secret. Put that one in master.secret, or set LICET_MASTER_SECRET to it.'
    throw new Fault('unavailable', detail)
  }
}

/** Runs from the last step to the first, and each step even if an earlier one failed. */
async function close({ db, committed, lastSeen }: Engine, transactions: Transactions, poll: Timer) {
  clearInterval(poll)
  await using steps = new AsyncDisposableStack()
  steps.defer(() => db.$client.close())
  steps.defer(() => void db.$client.run('PRAGMA wal_checkpoint(TRUNCATE)'))
  steps.defer(() => committed.db.$client.close())
  steps.defer(() => transactions.end())
  steps.defer(() => lastSeen.close())
}
