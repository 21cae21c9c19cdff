import type { Settings } from '~/platform/config.ts'
import { findLastBackup } from '~/platform/last-backup.ts'
import { openMasterSecret } from '~/platform/secrets.ts'
import { measureStorage } from '~/platform/storage-sizes.ts'
import { createVault, type Vault } from '~/platform/vault.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { migrations } from '~/store/sqlite/files/migrations.ts'
import { findDatabase } from '~/store/sqlite/files/presence.ts'
import { createDatabase, openSqliteStore } from '~/store/sqlite/open.ts'
import { openUsage } from '~/usage/open.ts'
import { createBackupTasks } from './backup-tasks.ts'
import { type BackupsOptions, createBackups } from './backups.ts'
import { createSchedule } from './shipping/schedule.ts'
import { removeLeftovers } from './shipping/workspace.ts'
import {
  addCache,
  buildStoreOptions,
  buildUsageOptions,
  type OpenOptions,
  type Storage,
  type StorageParts,
} from './storage.ts'

/** Opens the master secret of a data directory. Creates it with the database, if there is none. */
export function openDirectoryVault({ config, secrets }: Settings): Vault {
  const { dataDir } = config
  const hasDatabase = findDatabase(dataDir)
  // The secret comes after the tables, so that a secret without a database shows a loss.
  if (!hasDatabase) createDatabase(dataDir)
  return createVault(openMasterSecret(secrets, dataDir, hasDatabase))
}

type BackupParts = { readonly settings: Settings } & Pick<
  BackupsOptions,
  'getSecretCheck' | 'isLocked' | 'flush' | 'log'
>

function openBackups({ settings: { config, secrets }, ...parts }: BackupParts): Storage['backups'] {
  const { dataDir, backupsKept, backups: settings } = config
  const tasks = createBackupTasks()
  if (parts.isLocked) removeLeftovers(dataDir)
  return {
    ...createBackups({ ...parts, dataDir, backupsKept, tasks }),
    scheduled: createSchedule({ ...parts, dataDir, settings, key: secrets.backupKey, tasks }),
  }
}

/** Opens the files in the data directory. */
export function openSqliteStorage(
  parts: StorageParts,
  { isServer: isLocked, beforeMigrating }: OpenOptions,
): Storage {
  const { settings, vault, log } = parts
  const { dataDir, checkpoints } = settings.config
  const shared = { directory: dataDir, isLocked, beforeMigrating }
  const options = buildStoreOptions(parts, () => usage)
  const isLogExternal = checkpoints === 'external'
  const store = addCache(parts, openSqliteStore({ ...shared, ...options, isLogExternal }))
  const usage = openUsage({
    ...shared,
    databasePath: databasePath(dataDir),
    ...buildUsageOptions(parts, store),
  })
  const { flush } = usage
  const backups = openBackups({ settings, getSecretCheck: vault.getCheck, isLocked, flush, log })
  return {
    store,
    usage,
    backups,
    findLastBackup: () => findLastBackup(dataDir),
    measureStorage: () => measureStorage(dataDir),
    schema: migrations.at(-1)?.name ?? '',
  }
}
