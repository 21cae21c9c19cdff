import { getMailDomain } from '~/domain/emails.ts'
import type { Settings } from '~/platform/config.ts'
import { findLastBackup } from '~/platform/last-backup.ts'
import { openMasterSecret } from '~/platform/secrets.ts'
import { measureStorage } from '~/platform/storage-sizes.ts'
import { createVault, type Vault } from '~/platform/vault.ts'
import { createCachedStore } from '~/store/cache.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { migrations } from '~/store/sqlite/files/migrations.ts'
import { findDatabase } from '~/store/sqlite/files/presence.ts'
import { createDatabase, openSqliteStore } from '~/store/sqlite/open.ts'
import { openUsage } from '~/usage/open.ts'
import { presentEventData } from '~/wire/events.ts'
import { createBackups } from './backups.ts'
import { notifySharing } from './notify-sharing.ts'
import type { OpenOptions, Storage, StorageParts } from './storage.ts'

/** Opens the master secret of a data directory. Creates it with the database, if there is none. */
export function openDirectoryVault({ config, secrets }: Settings): Vault {
  const { dataDir } = config
  const hasDatabase = findDatabase(dataDir)
  // The secret comes after the tables, so that a secret without a database shows a loss.
  if (!hasDatabase) createDatabase(dataDir)
  return createVault(openMasterSecret(secrets, dataDir, hasDatabase))
}

/** Opens the files in the data directory. */
export function openSqliteStorage(
  { settings, vault, clock, createId, log, metrics, onError }: StorageParts,
  { isServer: isLocked, beforeMigrating }: OpenOptions,
): Storage {
  const { dataDir, mailFrom, cacheMax, cacheTtlSeconds, backupsKept } = settings.config
  const sqlite = openSqliteStore({
    directory: dataDir,
    secretCheck: vault.check,
    mailDomain: mailFrom && getMailDomain(mailFrom.address),
    renderEvent: presentEventData,
    readCounters: (licenseIds) => usage.readCounters(licenseIds),
    createId,
    clock,
    isLocked,
    beforeMigrating,
    onError,
  })
  const store = createCachedStore(sqlite, {
    licensesMax: cacheMax,
    ttlMs: cacheTtlSeconds * 1000,
  })
  const usage = openUsage({
    directory: dataDir,
    databasePath: databasePath(dataDir),
    isLocked,
    beforeMigrating,
    onSharing: (signals) => notifySharing(store, signals),
    onError,
    onDropped: () => metrics.droppedValidations.inc(),
  })
  const backups = createBackups({
    dataDir,
    backupsKept,
    secretCheck: vault.check,
    isLocked,
    flush: usage.flush,
    log,
  })
  return {
    store,
    usage,
    backups,
    findLastBackup: () => findLastBackup(dataDir),
    measureStorage: () => measureStorage(dataDir),
    schema: migrations.at(-1)?.name ?? '',
  }
}
