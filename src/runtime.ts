import type { readConfig } from './config.ts'
import { createDataDirectory, findMasterSecret } from './data-directory.ts'
import { createIds, type Deps, randomBytes, systemClock } from './deps.ts'
import { toEventData } from './http/views.ts'
import { createLog } from './log.ts'
import { createMetrics } from './metrics.ts'
import { createCachedStore } from './store/cache.ts'
import { openSqliteStore } from './store/sqlite/open.ts'
import { createVault } from './vault.ts'
import { version } from './version.ts'

export interface Runtime {
  readonly deps: Deps
  readonly adminToken: string | null
  /** Writes what is in memory and closes the database and the log. */
  close(): Promise<void>
}

type Settings = ReturnType<typeof readConfig>

/**
 * Opens everything that the server and the commands work with. Throws ConfigError, MigrationError
 * or Fault with a sentence for the operator when it cannot.
 */
export function openRuntime({ config, secrets }: Settings): Runtime {
  createDataDirectory(config.dataDir)
  const vault = createVault(findMasterSecret(config, secrets))
  const { log, flush } = createLog({ level: config.logLevel, format: config.logFormat })
  const metrics = createMetrics()
  const createId = createIds(systemClock)
  const sqlite = openSqliteStore({
    directory: config.dataDir,
    secretCheck: vault.check,
    createEventId: () => createId('evt'),
    renderEvent: toEventData,
    onError: (error) => {
      metrics.failures.inc()
      log.error({ err: error }, 'background write failed')
    },
  })
  const store = createCachedStore(sqlite, {
    licensesMax: config.cacheMax,
    ttlMs: config.cacheTtlSeconds * 1000,
  })
  metrics.watchCache(store.cacheFigures)
  const deps: Deps = {
    config,
    store,
    vault,
    clock: systemClock,
    randomBytes,
    createId,
    log,
    metrics,
    version,
  }
  return {
    deps,
    adminToken: secrets.adminToken,
    close: async () => {
      await store.close()
      flush()
    },
  }
}
