import { Database } from 'bun:sqlite'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { drizzle } from 'drizzle-orm/bun-sqlite'
import { startActor } from '~/domain/actors.ts'
import { buildOwnContext } from '~/domain/decisions.ts'
import { toFileStamp } from '~/domain/times.ts'
import { createFolder, giveToOwner, rewriteFile } from '~/platform/sqlite-files.ts'
import { migrate } from '~/platform/sqlite-migrations.ts'
import type { Store } from '../port.ts'
import { createCommitListeners } from '../shared/commit-listeners.ts'
import { WRITE_PROBE } from '../shared/meta-names.ts'
import { requireSecret, SECRET_CHECK, useInDirectory } from '../shared/secret-check.ts'
import { createTouched, markTouched } from '../shared/touched.ts'
import { requireFinishedMove, UNFINISHED_MOVE } from '../shared/unfinished-move.ts'
import { createActivations } from './activations.ts'
import { createApiKeys } from './api-keys.ts'
import { beginChain } from './audit.ts'
import { createAudit } from './audit-entries.ts'
import { type ChangeLog, createChangeLog } from './change-log.ts'
import { createChanges } from './changes.ts'
import { createCheckout } from './checkout.ts'
import { ClosingDatabase } from './closing-database.ts'
import { createStoredResponses } from './commands.ts'
import { applyPragmas, applyReadingPragmas, type Db, databasePath, foldLog } from './connection.ts'
import { createCustomers } from './customers.ts'
import { createDeliveries } from './deliveries.ts'
import { createEdges } from './edges.ts'
import { createEndpoints } from './endpoints.ts'
import { type Engine, type Reading, takeCommit } from './engine.ts'
import { createReport } from './errors.ts'
import { createEvents } from './events.ts'
import { createCopy } from './files/backup.ts'
import { migrations } from './files/migrations.ts'
import { checkPosition, createPositionRecorder } from './files/position.ts'
import { createImports } from './imports.ts'
import { createLastSeen, type LastSeen } from './last-seen.ts'
import { createLicenses } from './license-commands.ts'
import { createLicenseFiles } from './license-files.ts'
import { createLicenseZones } from './license-zones.ts'
import { createValidations } from './licenses.ts'
import { createMails } from './mails.ts'
import { createMaintenance } from './maintenance.ts'
import { createLeases, createNodes } from './nodes.ts'
import { createOperators } from './operators.ts'
import { createOutbox } from './outbox.ts'
import { createOverview } from './overview.ts'
import { createPlans } from './plans.ts'
import { createPortalCodes, createPortalSessions } from './portal-sessions.ts'
import { createProducts } from './products.ts'
import { createRevocations } from './revocations.ts'
import * as schema from './schema.ts'
import { indexSearchWords } from './search-words.ts'
import { createSeats } from './seats.ts'
import { createSecrets, readSecretRows } from './secrets.ts'
import { createSessions, createSetupLinks } from './sessions.ts'
import { createSigningKeys } from './signing-keys.ts'
import { prepareStatements } from './statements.ts'
import { updateStoredTexts } from './stored-texts.ts'
import { createTransactions, type Transactions } from './transactions.ts'
import { createWriteAheadLog, type WriteAheadLog } from './write-ahead-log.ts'
import { createWriteStatus } from './write-status.ts'

export interface SqliteOptions
  extends Pick<Engine, 'createId' | 'renderEvent' | 'readCounters' | 'clock'> {
  /** The data directory, which exists; the database is `licet.sqlite` in it. */
  readonly directory: string
  /** A value derived from the master secret, which reveals whether the secret has changed. */
  readonly secretCheck: string
  /** The domain in the Message-ID of mails. Without it, no mail is written. */
  readonly mailDomain?: string | null
  /** Whether this process is the server that holds the lock of the directory. */
  readonly isLocked: boolean
  /** Whether another program moves the write-ahead log into the database. */
  readonly isLogExternal?: boolean
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
  const { directory, createId, renderEvent, readCounters, clock, onError } = options
  const { db, isUpgraded } = openDatabase(options)
  const statements = prepareStatements(db)
  beginChain({ db, statements }, buildOwnContext(startActor, clock.nowMs()))
  const listeners = createCommitListeners(onError)
  const position = createPositionRecorder(db.$client, directory, onError)
  const log = createWriteAheadLog(db.$client, databasePath(directory), {
    ...options,
    isInPlace: () => writes.isInPlace(),
  })
  const transactions = createTransactions(db.$client, {
    onReset: () => statements.audit.forget(),
    mark: () => markTouched(engine.touched),
    beforeLongCommit: log.sync,
    beforeCommit: () => {
      writes.requireInPlace()
      changes.append(engine.touched)
    },
    onCommit: () => {
      position.record()
      changes.publish(takeCommit(engine))
    },
    afterGroup: log.foldIfLong,
    onRollback: (error) => {
      takeCommit(engine)
      writes.fail(error)
    },
  })
  const { run: transact, runInSteps: transactInSteps } = transactions
  const writes = createWriteStatus({
    path: databasePath(directory),
    probe: () => transact(() => writeProbe(db)),
    foldLog: () => foldLog(db.$client),
    onError,
  })
  const lastSeen = createLastSeen(db, { transact, onError })
  const committed = openReading(options, db.$client, lastSeen)
  const engine: Engine = {
    db,
    statements,
    lastSeen,
    committed,
    zones: null,
    createId,
    mailDomain: options.mailDomain ?? null,
    renderEvent,
    readCounters,
    emptyLog: () => transactions.runBetween(log.empty),
    clock,
    transact,
    transactInSteps,
    touched: createTouched(),
  }
  listeners.add((commit) => committed.zones?.note(commit))
  const { notify } = listeners
  const changes = createChangeLog(engine, { ...options, isUpgraded, notify, onError: writes.fail })
  return {
    ...createNouns(engine, changes, createReport(writes.fail)),
    isShared: false,
    subscribe: listeners.add,
    fresh: () => undefined,
    isOutdated: () => false,
    ping: async () => void db.$client.query('SELECT 1 FROM meta').get(),
    checkWrites: writes.check,
    listDegradations: () => [...writes.list(), ...log.list()],
    flush: engine.lastSeen.flush,
    close: () => close({ engine, transactions, log, changes, writes, position }, options),
  }
}

function createNouns(engine: Engine, changes: ChangeLog, report: ReturnType<typeof createReport>) {
  return {
    products: report(createProducts(engine)),
    plans: report(createPlans(engine)),
    apiKeys: report(createApiKeys(engine)),
    operators: report(createOperators(engine)),
    sessions: report(createSessions(engine)),
    setupLinks: report(createSetupLinks(engine)),
    portalSessions: report(createPortalSessions(engine)),
    portalCodes: report(createPortalCodes(engine)),
    licenses: report(createLicenses(engine)),
    imports: report(createImports(engine)),
    validations: report(createValidations(engine)),
    activations: report(createActivations(engine)),
    seats: report(createSeats(engine)),
    events: report(createEvents(engine)),
    edges: report(createEdges(engine)),
    edgeLeases: null,
    endpoints: report(createEndpoints(engine)),
    deliveries: report(createDeliveries(engine)),
    outbox: report(createOutbox(engine)),
    mails: report(createMails(engine)),
    overview: report(createOverview(engine)),
    signingKeys: report(createSigningKeys(engine)),
    revocations: report(createRevocations(engine)),
    licenseFiles: report(createLicenseFiles(engine)),
    audit: report(createAudit(engine)),
    changes: report(createChanges(engine, changes)),
    customers: report(createCustomers(engine)),
    checkout: createCheckout(engine, report),
    storedResponses: report(createStoredResponses(engine)),
    maintenance: report(createMaintenance(engine)),
    nodes: report(createNodes(engine)),
    leases: report(createLeases(engine)),
    secrets: report(createSecrets(engine)),
  }
}

/** Creates the database of a new data directory, with its tables. */
export function createDatabase(directory: string): void {
  using client = new Database(databasePath(directory), { create: true, strict: true })
  giveToOwner(databasePath(directory))
  applyPragmas(client)
  migrate(client, migrations)
}

/** A command may end beside a server, which must not take that for a commit. */
const connect = (
  { directory, isLocked }: SqliteOptions,
  options: { readonly: true } | { create: true },
) =>
  new (isLocked ? Database : ClosingDatabase)(databasePath(directory), { ...options, strict: true })

function openDatabase(options: SqliteOptions) {
  const { directory, beforeMigrating, secretCheck, isLogExternal } = options
  const client = connect(options, { create: true })
  applyPragmas(client, isLogExternal)
  checkPosition(client, directory)
  let copy: string | null = null
  const keepCopy = () => {
    beforeMigrating?.()
    copy = backUpBeforeMigrating(directory)
  }
  // Otherwise each start would leave another one.
  const deleteCopy = () => copy !== null && rmSync(copy, { force: true })
  migrate(client, migrations, keepCopy, deleteCopy)
  const db = drizzle(client, { schema })
  requireFinishedMove(client.query('SELECT 1 FROM meta WHERE name = ?').get(UNFINISHED_MOVE))
  checkSecret(client, secretCheck)
  updateStoredTexts(db)
  indexSearchWords(db)
  return { db, isUpgraded: copy !== null }
}

/** Opens a second connection, which never sees a transaction before its commit. */
function openReading(options: SqliteOptions, writing: Database, lastSeen: LastSeen): Reading {
  const { clock } = options
  const client = connect(options, { readonly: true })
  applyReadingPragmas(client)
  const db = drizzle(client, { schema })
  return {
    db,
    statements: prepareStatements(db),
    clock,
    zones: createLicenseZones(db, writing),
    // Outside of transactions nothing is evicted, so nothing has to be written first.
    lastSeen: { ...lastSeen, writeIfPending: () => false },
  }
}

/** Returns the path of the copy. */
function backUpBeforeMigrating(directory: string): string {
  const backups = join(directory, 'backups')
  createFolder(backups)
  const name = `before-migration-${toFileStamp(Date.now())}.sqlite`
  const path = join(backups, name)
  createCopy(databasePath(directory), path)
  return path
}

function checkSecret(client: Database, check: string): void {
  const added = client.query('INSERT OR IGNORE INTO meta (name, value) VALUES (?, ?)')
  const rows = readSecretRows(client)
  if (!rows.has(SECRET_CHECK)) added.run(SECRET_CHECK, check)
  requireSecret(rows, check, useInDirectory)
}

/** Changes a row, so that the disk is written to. */
function writeProbe(db: Db): void {
  const { meta } = schema
  const row = { name: WRITE_PROBE, value: crypto.randomUUID() }
  db.insert(meta).values(row).onConflictDoUpdate({ target: meta.name, set: row }).run()
}

interface Parts {
  readonly engine: Engine
  readonly transactions: Transactions
  readonly log: WriteAheadLog
  readonly changes: ChangeLog
  readonly writes: ReturnType<typeof createWriteStatus>
  readonly position: ReturnType<typeof createPositionRecorder>
}

/** Runs from the last step to the first, and each step even if an earlier one failed. */
async function close(parts: Parts, options: SqliteOptions): Promise<void> {
  const { directory, isLocked, isLogExternal } = options
  const { engine, transactions, log, changes, writes, position } = parts
  const { db, committed, lastSeen } = engine
  await using steps = new AsyncDisposableStack()
  steps.defer(() => position.close())
  steps.defer(() => db.$client.close())
  // Emptying the log would look like a commit to the server of the directory.
  steps.defer(() => {
    if (isLogExternal !== true) foldLog(db.$client, isLocked ? 'TRUNCATE' : 'PASSIVE')
  })
  steps.defer(() => {
    if (!existsSync(databasePath(directory))) rewriteFile(db.$client, databasePath(directory))
  })
  steps.defer(() => committed.db.$client.close())
  steps.defer(() => log.close())
  steps.defer(() => transactions.end())
  steps.defer(() => lastSeen.close())
  steps.defer(() => writes.close())
  steps.defer(() => changes.close())
}
