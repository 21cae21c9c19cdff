import type { Deps } from '~/deps.ts'
import type { Settings } from '~/platform/config.ts'
import type { Log } from '~/platform/log.ts'
import type { Metrics } from '~/platform/metrics.ts'
import type { Vault } from '~/platform/vault.ts'
import type { CachedStore } from '~/store/cache.ts'

/** The data, in files or in PostgreSQL. */
export interface Storage extends Pick<Deps, 'usage' | 'findLastBackup' | 'measureStorage'> {
  readonly store: CachedStore
  readonly backups: Deps['backups'] & { close(): Promise<void> }
  /** The name of the last migration of the database. */
  readonly schema: string
}

export interface StorageParts extends Pick<Deps, 'clock' | 'createId'> {
  readonly settings: Settings
  readonly vault: Vault
  readonly log: Log
  readonly metrics: Metrics
  /** Receives errors that no caller waits for. */
  readonly onError: (error: unknown) => void
}

/** How a process uses the storage. */
export interface OpenOptions {
  /** 1 for a server; 2 for a command, whose result is on standard output. */
  readonly fileDescriptor: 1 | 2
  /** Whether this process is a server, which holds the lock of its data directory if it has one. */
  readonly isServer: boolean
  /** Called before a command migrates a data directory, which a server may be using. */
  readonly beforeMigrating: () => void
}
