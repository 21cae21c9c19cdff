import { createApis } from '~/checkout/providers/api.ts'
import { createIds, type Deps, randomBytes } from '~/deps.ts'
import { getMailDomain } from '~/domain/emails.ts'
import { createJobBoard } from '~/jobs/board.ts'
import { createSmtp } from '~/mail/smtp.ts'
import type { Config, Secrets, Settings } from '~/platform/config.ts'
import { openCountries } from '~/platform/countries.ts'
import { findLastBackup } from '~/platform/last-backup.ts'
import { createLog, type Log } from '~/platform/log.ts'
import { createMetrics } from '~/platform/metrics.ts'
import { openMasterSecret } from '~/platform/secrets.ts'
import { measureStorage } from '~/platform/storage-sizes.ts'
import { createSystemClock } from '~/platform/system-clock.ts'
import { createVault, type Vault } from '~/platform/vault.ts'
import { version } from '~/platform/version.ts'
import { createSigner } from '~/signing/signer.ts'
import { createCachedStore } from '~/store/cache.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { lockDirectory } from '~/store/sqlite/files/lock.ts'
import { migrations } from '~/store/sqlite/files/migrations.ts'
import { findDatabase } from '~/store/sqlite/files/presence.ts'
import { createDatabase, openSqliteStore } from '~/store/sqlite/open.ts'
import { openUsage } from '~/usage/open.ts'
import { createAddressGuard } from '~/webhooks/address-guard.ts'
import { createPost } from '~/webhooks/http-post.ts'
import { presentEventData } from '~/wire/events.ts'
import { createBackups } from './backups.ts'
import { notifySharing } from './notify-sharing.ts'

/** Disposal writes buffered data, then closes the database and the log. */
export interface Runtime extends AsyncDisposable {
  readonly deps: Deps
  readonly adminToken: string | null
}

/**
 * Opens everything that the server needs, in a data directory that it has locked. Throws a
 * ConfigError, MigrationError or Fault whose message says what the operator can do.
 */
export function openRuntime(settings: Settings): Runtime {
  return open(settings, { fileDescriptor: 1, isLocked: true, beforeMigrating: () => undefined })
}

/**
 * Opens the same for a command, while a server may be running: it logs to standard error, and
 * migrates the database only if no server is using it.
 */
export function openCommandRuntime(settings: Settings): Runtime {
  const { dataDir } = settings.config
  using locks = new DisposableStack()
  let isLocked = false
  const beforeMigrating = () => {
    if (isLocked) return
    const detail = `A server of an earlier version is using ${dataDir}. Stop it and start this version, then try again.`
    locks.use(lockDirectory(dataDir, detail))
    isLocked = true
  }
  return open(settings, { fileDescriptor: 2, isLocked: false, beforeMigrating })
}

interface OpenOptions {
  readonly fileDescriptor: 1 | 2
  /** Whether this process holds the lock of the data directory for as long as it runs. */
  readonly isLocked: boolean
  readonly beforeMigrating: () => void
}

function openVault(secrets: Secrets, dataDir: string): Vault {
  const hasDatabase = findDatabase(dataDir)
  // The secret comes after the tables, so that a secret without a database shows a loss.
  if (!hasDatabase) createDatabase(dataDir)
  return createVault(openMasterSecret(secrets, dataDir, hasDatabase))
}

function open(settings: Settings, options: OpenOptions): Runtime {
  const { config, secrets, variables, unknown: unknownVariables } = settings
  const { fileDescriptor, isLocked, beforeMigrating } = options
  const { dataDir, logLevel: level, logFormat: format } = config
  const vault = openVault(secrets, dataDir)
  const { log, logRequest, flush } = createLog({ level, format, fileDescriptor })
  const metrics = createMetrics()
  const clock = createSystemClock()
  const createId = createIds(clock)
  const onError = (error: unknown) => {
    metrics.failures.inc()
    log.error({ err: error }, 'error in the background')
  }
  const store = openStore(config, {
    ...options,
    secretCheck: vault.check,
    createId,
    readCounters: (licenseIds) => usage.readCounters(licenseIds),
    clock,
    onError,
  })
  metrics.watchCache(store.cacheFigures)
  const usage = openUsage({
    directory: dataDir,
    databasePath: databasePath(dataDir),
    isLocked,
    beforeMigrating,
    onSharing: (signals) => notifySharing(store, signals),
    onError,
    onDropped: () => metrics.droppedValidations.inc(),
  })
  metrics.watchDegradations(() => [...store.listDegradations(), ...usage.listDegradations()])
  const backups = createBackups({
    dataDir,
    backupsKept: config.backupsKept,
    secretCheck: vault.check,
    isLocked,
    flush: usage.flush,
    log,
  })
  const deps: Deps = {
    config,
    variables,
    unknownVariables,
    ...openNetwork(settings, log),
    findLastBackup: () => findLastBackup(dataDir),
    measureStorage: () => measureStorage(dataDir),
    store,
    usage,
    backups,
    jobs: createJobBoard(),
    vault,
    signer: createSigner({ store, vault, randomBytes, publicUrl: config.publicUrl, onError }),
    clock,
    randomBytes,
    createId,
    log,
    logRequest,
    metrics,
    random: Math.random,
    instanceId: crypto.randomUUID(),
    version,
    schema: migrations.at(-1)?.name ?? '',
  }
  return {
    deps,
    adminToken: secrets.adminToken,
    [Symbol.asyncDispose]: () => closeAll(flush, store.close, usage.close, backups.close),
  }
}

/** Creates what talks to other machines, or knows where they are. */
function openNetwork({ config, secrets }: Settings, log: Log) {
  const addressGuard = createAddressGuard(config.webhookAllowCidrs)
  return {
    checkoutSecrets: secrets.checkout,
    checkoutApis: createApis(secrets.checkout.apiKeys),
    post: createPost({ guard: addressGuard }),
    sendMail: secrets.smtp && createSmtp(secrets.smtp),
    addressGuard,
    findCountry: openCountries(config.geoipDbPath, (error) =>
      log.error({ err: error }, 'LICET_GEOIP_DB is damaged, so some addresses have no country'),
    ),
  }
}

type StoreParts = Pick<
  Parameters<typeof openSqliteStore>[0],
  'secretCheck' | 'createId' | 'readCounters' | 'clock' | 'isLocked' | 'beforeMigrating' | 'onError'
>

function openStore({ dataDir, mailFrom, cacheMax, cacheTtlSeconds }: Config, parts: StoreParts) {
  const mailDomain = mailFrom && getMailDomain(mailFrom.address)
  const sqlite = openSqliteStore({
    ...parts,
    directory: dataDir,
    mailDomain,
    renderEvent: presentEventData,
  })
  return createCachedStore(sqlite, { licensesMax: cacheMax, ttlMs: cacheTtlSeconds * 1000 })
}

/** Closes in reverse order: usage before the store, because its last write may append events. */
async function closeAll(...steps: readonly (() => void | Promise<void>)[]): Promise<void> {
  await using stack = new AsyncDisposableStack()
  for (const step of steps) stack.defer(step)
}
