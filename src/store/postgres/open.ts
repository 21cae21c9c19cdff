import { closePool, openPool, type Pool, type PoolOptions } from '~/platform/postgres.ts'
import { migrate } from '~/platform/postgres-migrations.ts'
import { openWatchedPool } from '~/platform/postgres-watch.ts'
import type { Store } from '../port.ts'
import { createCommitListeners } from '../shared/commit-listeners.ts'
import { requireSecret, SECRET_CHECK, useEverywhere } from '../shared/secret-check.ts'
import { markTouched } from '../shared/touched.ts'
import { requireFinishedMove, UNFINISHED_MOVE } from '../shared/unfinished-move.ts'
import { createActivations } from './activations.ts'
import { createApiKeys } from './api-keys.ts'
import { writeAudit } from './audit.ts'
import { createAudit } from './audit-entries.ts'
import { createChangeFeed } from './change-feed.ts'
import { createChanges } from './changes.ts'
import { createCheckout } from './checkout.ts'
import { createStoredResponses } from './commands.ts'
import { createCustomers } from './customers.ts'
import { createDeliveries } from './deliveries.ts'
import { createEdgeLeases } from './edge-leases.ts'
import { createEdges } from './edges.ts'
import { createEndpoints } from './endpoints.ts'
import { createReading, createTx, type Engine, type Parts, type Tx } from './engine.ts'
import { reportFaults } from './errors.ts'
import { createEvents } from './events.ts'
import { createImports } from './imports.ts'
import { createLastSeen, type LastSeen } from './last-seen.ts'
import { createLicenses } from './license-commands.ts'
import { createLicenseFiles } from './license-files.ts'
import { createLicenseQueue, type LicenseQueue } from './license-queue.ts'
import { createValidations } from './licenses.ts'
import { createMails } from './mails.ts'
import { createMaintenance } from './maintenance.ts'
import { migrations } from './migrations.ts'
import { createLeases, createNodes } from './nodes.ts'
import { createOperators } from './operators.ts'
import { createOutbox } from './outbox.ts'
import { createOverview } from './overview.ts'
import { createPlans } from './plans.ts'
import { createPortalCodes, createPortalSessions } from './portal-sessions.ts'
import { createProducts } from './products.ts'
import { renumberRestored } from './restored.ts'
import { createRevocations, writeRevocations } from './revocations.ts'
import { createSeats } from './seats.ts'
import { createSecrets, readSecretRows } from './secrets.ts'
import { createSessions, createSetupLinks } from './sessions.ts'
import { createSigningKeys } from './signing-keys.ts'
import { createTransactions } from './transactions.ts'
import { createWriteStatus } from './write-status.ts'

export interface PostgresOptions extends Omit<Parts, 'mailDomain'>, PoolOptions {
  /** A value derived from the master secret, which reveals whether the secret has changed. */
  readonly secretCheck: string
  /** The domain in the Message-ID of mails. Without it, no mail is written. */
  readonly mailDomain?: string | null
  /** Called with errors that no caller is waiting for. */
  readonly onError: (error: unknown) => void
}

/**
 * Migrates, checks and opens a database, which several nodes may do at the same time. Throws
 * MigrationError for an unknown schema, and a Fault `unavailable` if the database was created with
 * another master secret, or if a move to it is unfinished.
 */
export async function openPostgresStore(options: PostgresOptions): Promise<Store> {
  const pool = openPool(options)
  try {
    await migrate(pool, migrations)
    const [unfinished] = await pool.unsafe<object[]>('SELECT 1 FROM meta WHERE name = $1', [
      UNFINISHED_MOVE,
    ])
    requireFinishedMove(unfinished)
    await checkSecret(pool, options.secretCheck)
    await renumberRestored(pool)
  } finally {
    await closePool(pool)
  }
  return connectPostgresStore(options)
}

/** Opens a database that has the schema of this version. */
export function connectPostgresStore(options: PostgresOptions): Store {
  const { onError, mailDomain = null } = options
  const pool = openWatchedPool(options)
  const parts: Parts = { ...options, mailDomain }
  const listeners = createCommitListeners(onError)
  const feed = createChangeFeed(pool, options.clock, listeners.notify, onError)
  const written = new WeakMap<Tx, string | null>()
  const transactions = createTransactions<Tx>(pool, {
    ready: feed.started,
    begin: (connection): Tx => createTx({ ...parts, lastSeen }, connection),
    mark: ({ touched, audit, revocations }) => {
      const forgetTouched = markTouched(touched)
      const [actions, entries] = [audit.length, revocations.length]
      return () => {
        forgetTouched()
        audit.length = actions
        revocations.length = entries
      }
    },
    beforeCommit: async (tx) => {
      await writeRevocations(tx)
      await writeAudit(tx)
      written.set(tx, await feed.write(tx))
    },
    onCommit: (tx) => feed.passOn(tx, written.get(tx) ?? null),
  })
  const lastSeen: LastSeen = createLastSeen(transactions.run, onError)
  const engine: Engine = { ...createReading(parts, pool, lastSeen), transact: transactions.run }
  const queue = createLicenseQueue(engine)
  const writes = createWriteStatus(pool, onError)
  const report = <Noun extends object>(noun: Noun) => reportFaults(noun, writes.fail)
  return {
    ...createNouns(engine, queue, report),
    changes: report(createChanges(engine, feed)),
    edgeLeases: report(createEdgeLeases(engine, feed)),
    isShared: true,
    subscribe: listeners.add,
    ...report({ fresh: feed.fresh }),
    isOutdated: () => false,
    ping: async () => void (await pool.unsafe('SELECT 1 FROM meta LIMIT 1')),
    checkWrites: writes.check,
    listDegradations: writes.list,
    flush: lastSeen.flush,
    close: async () => {
      await using steps = new AsyncDisposableStack()
      steps.defer(() => closePool(pool))
      steps.defer(() => writes.close())
      steps.defer(() => feed.close())
      steps.defer(() => transactions.end())
      steps.defer(() => queue.end())
      steps.defer(() => lastSeen.close())
    },
  }
}

type Report = <Noun extends object>(noun: Noun) => Noun

function createNouns(engine: Engine, queue: LicenseQueue, report: Report) {
  return {
    products: report(createProducts(engine)),
    plans: report(createPlans(engine)),
    apiKeys: report(createApiKeys(engine)),
    operators: report(createOperators(engine)),
    sessions: report(createSessions(engine)),
    setupLinks: report(createSetupLinks(engine)),
    portalSessions: report(createPortalSessions(engine)),
    portalCodes: report(createPortalCodes(engine)),
    mails: report(createMails(engine)),
    audit: report(createAudit(engine)),
    endpoints: report(createEndpoints(engine)),
    deliveries: report(createDeliveries(engine)),
    outbox: report(createOutbox(engine)),
    nodes: report(createNodes(engine)),
    leases: report(createLeases(engine)),
    licenses: report(createLicenses(engine, queue)),
    imports: report(createImports(engine)),
    validations: report(createValidations(engine)),
    activations: report(createActivations(engine)),
    seats: report(createSeats(engine)),
    events: report(createEvents(engine)),
    licenseFiles: report(createLicenseFiles(engine)),
    signingKeys: report(createSigningKeys(engine)),
    checkout: createCheckout(engine, report),
    overview: report(createOverview(engine)),
    maintenance: report(createMaintenance(engine)),
    revocations: report(createRevocations(engine)),
    storedResponses: report(createStoredResponses(engine)),
    customers: report(createCustomers(engine)),
    edges: report(createEdges(engine)),
    secrets: report(createSecrets(engine)),
  }
}

async function checkSecret(pool: Pool, check: string): Promise<void> {
  await pool.unsafe(
    'INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING',
    [SECRET_CHECK, check],
  )
  requireSecret(await readSecretRows(pool), check, useEverywhere)
}
