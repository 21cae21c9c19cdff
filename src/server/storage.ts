import type { Deps } from '~/deps.ts'
import { getMailDomain } from '~/domain/emails.ts'
import type { SharingSignals } from '~/domain/sharing.ts'
import type { Settings } from '~/platform/config.ts'
import type { Log } from '~/platform/log.ts'
import type { Metrics } from '~/platform/metrics.ts'
import type { Vault } from '~/platform/vault.ts'
import { type CachedStore, createCachedStore } from '~/store/cache.ts'
import type { Store } from '~/store/port.ts'
import type { Usage } from '~/usage/port.ts'
import { presentEventData } from '~/wire/events.ts'
import { notifySharing } from './notify-sharing.ts'

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

/** Returns the options that the stores of both engines have. `getUsage` is called once it is open. */
export function buildStoreOptions(parts: StorageParts, getUsage: () => Usage) {
  const { settings, vault, clock, createId, onError } = parts
  const { mailFrom } = settings.config
  return {
    secretCheck: vault.check,
    mailDomain: mailFrom && getMailDomain(mailFrom.address),
    renderEvent: presentEventData,
    readCounters: (licenseIds: readonly string[]) => getUsage().readCounters(licenseIds),
    createId,
    clock,
    onError,
  }
}

/** Returns the options that the usage of both engines has. */
export function buildUsageOptions({ metrics, onError }: StorageParts, store: Store) {
  return {
    onSharing: (signals: SharingSignals) => notifySharing(store, signals),
    onError,
    onDropped: () => metrics.droppedValidations.inc(),
  }
}

/** Keeps what is read often in memory. */
export function addCache({ settings }: StorageParts, store: Store): CachedStore {
  const { cacheMax, cacheTtlSeconds } = settings.config
  return createCachedStore(store, { licensesMax: cacheMax, ttlMs: cacheTtlSeconds * 1000 })
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
