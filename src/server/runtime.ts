import { createApis } from '~/checkout/providers/api.ts'
import { createIds, type Deps, randomBytes } from '~/deps.ts'
import { createJobBoard } from '~/jobs/board.ts'
import { createSmtp } from '~/mail/smtp.ts'
import type { Settings } from '~/platform/config.ts'
import { openCountries } from '~/platform/countries.ts'
import { createLog, type Log } from '~/platform/log.ts'
import { createMetrics } from '~/platform/metrics.ts'
import { hasNextSecret } from '~/platform/secrets.ts'
import { createSystemClock } from '~/platform/system-clock.ts'
import { version } from '~/platform/version.ts'
import { createSigner } from '~/signing/signer.ts'
import { lockDirectory } from '~/store/sqlite/files/lock.ts'
import { createAddressGuard } from '~/webhooks/address-guard.ts'
import { createPost } from '~/webhooks/http-post.ts'
import { adoptSecrets } from './rotation/state.ts'
import { acknowledge } from './rotation/watch.ts'
import type { OpenOptions } from './storage.ts'
import { openPostgresStorage, openSharedVault } from './storage-postgres.ts'
import { openDirectoryVault, openSqliteStorage } from './storage-sqlite.ts'

/** Disposal writes buffered data, then closes the database and the log. */
export interface Runtime extends AsyncDisposable {
  readonly deps: Deps
  readonly adminToken: string | null
}

/**
 * Opens everything that a server needs, in a data directory that it has locked, or in the database of
 * LICET_DATABASE_URL. Throws a ConfigError, MigrationError or Fault whose message says what the operator
 * can do.
 */
export function openRuntime(settings: Settings): Promise<Runtime> {
  return open(settings, {
    fileDescriptor: 1,
    isServer: true,
    beforeMigrating: () => undefined,
    nextSecret: null,
  })
}

/**
 * Opens the same for a command, while a server may be running: it logs to standard error, and
 * migrates a data directory only if no server is using it.
 */
export async function openCommandRuntime(
  settings: Settings,
  nextSecret: Uint8Array | null = null,
): Promise<Runtime> {
  const { dataDir } = settings.config
  using locks = new DisposableStack()
  let isLocked = false
  const beforeMigrating = () => {
    if (isLocked) return
    const detail = `A server of an earlier version is using ${dataDir}. Stop it and start this version, then try again.`
    locks.use(lockDirectory(dataDir, detail))
    isLocked = true
  }
  return await open(settings, { fileDescriptor: 2, isServer: false, beforeMigrating, nextSecret })
}

interface RuntimeOptions extends OpenOptions {
  /** A secret that may be the one to which the database is changing. */
  readonly nextSecret: Uint8Array | null
}

async function open(settings: Settings, options: RuntimeOptions): Promise<Runtime> {
  const { config, secrets, variables, unknown: unknownVariables } = settings
  const { databaseUrl } = secrets
  const { logLevel: level, logFormat: format } = config
  const vault = databaseUrl === null ? openDirectoryVault(settings) : openSharedVault(settings)
  const { fileDescriptor } = options
  const { log, logRequest, flush } = createLog({ level, format, fileDescriptor })
  const metrics = createMetrics()
  const clock = createSystemClock()
  const createId = createIds(clock)
  const onError = (error: unknown) => {
    metrics.failures.inc()
    log.error({ err: error }, 'error in the background')
  }
  const parts = { settings, vault, log, metrics, clock, createId, onError }
  const storage =
    databaseUrl === null
      ? openSqliteStorage(parts, options)
      : await openPostgresStorage(parts, databaseUrl, options)
  const { store, usage, backups } = storage
  const instanceId = crypto.randomUUID()
  const close = () => closeAll(flush, store.close, usage.close, backups.close)
  try {
    await openKeys({ store, vault, instanceId }, settings, options)
  } catch (error) {
    await close()
    throw error
  }
  metrics.watchCache(store.cacheFigures)
  metrics.watchDegradations(() => [...store.listDegradations(), ...usage.listDegradations()])
  metrics.watchShared(store.nodes.getClockSkewMs, store.isOutdated)
  const deps: Deps = {
    config,
    variables,
    unknownVariables,
    ...openNetwork(settings, log),
    ...storage,
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
    instanceId,
    version,
  }
  return {
    deps,
    adminToken: secrets.adminToken,
    [Symbol.asyncDispose]: close,
  }
}

/**
 * Returns the data directory if it has the master secret; null if this comes from a variable. While the secret of
 * a directory is replaced, a variable may have one of the two.
 */
export function findSecretDirectory({ config, secrets }: Settings): string | null {
  const { dataDir } = config
  if (secrets.databaseUrl !== null) return null
  return secrets.masterSecret === null || hasNextSecret(dataDir) ? dataDir : null
}

/** Uses the keys of the database, which may have replaced its master secret. */
async function openKeys(
  { store, vault, instanceId }: Pick<Deps, 'store' | 'vault' | 'instanceId'>,
  settings: Settings,
  { isServer, nextSecret }: RuntimeOptions,
): Promise<void> {
  const directory = findSecretDirectory(settings)
  if (nextSecret !== null) vault.learn(nextSecret)
  if (isServer) await acknowledge({ store, vault, instanceId }, directory)
  else adoptSecrets(vault, await store.secrets.read(), directory)
}

/** Creates what talks to other machines, or knows where they are. */
function openNetwork({ config, secrets }: Settings, log: Log) {
  const addressGuard = createAddressGuard(config.webhookAllowCidrs)
  return {
    checkoutSecrets: secrets.checkout,
    checkoutApis: createApis(secrets.checkout.apiKeys),
    keygenSeed: secrets.keygenSeed,
    post: createPost({ guard: addressGuard }),
    sendMail: secrets.smtp && createSmtp(secrets.smtp),
    addressGuard,
    findCountry: openCountries(config.geoipDbPath, (error) =>
      log.error({ err: error }, 'LICET_GEOIP_DB is damaged, so some addresses have no country'),
    ),
  }
}

/** Closes in reverse order: usage before the store, because its last write may append events. */
async function closeAll(...steps: readonly (() => void | Promise<void>)[]): Promise<void> {
  await using stack = new AsyncDisposableStack()
  for (const step of steps) stack.defer(step)
}
