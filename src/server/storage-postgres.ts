import { setTimeout as sleep } from 'node:timers/promises'
import { Fault } from '~/domain/faults.ts'
import { ConfigError, type Settings } from '~/platform/config.ts'
import type { DatabaseLocation } from '~/platform/config-database.ts'
import { findPostgresError, isUnavailable } from '~/platform/postgres-errors.ts'
import { createVault, type Vault } from '~/platform/vault.ts'
import { tolerateOutage } from '~/store/outage.ts'
import { migrations } from '~/store/postgres/migrations.ts'
import { openPostgresStore } from '~/store/postgres/open.ts'
import { openPostgresUsage } from '~/usage/postgres/open.ts'
import { noBackups } from './no-backups.ts'
import {
  addCache,
  buildStoreOptions,
  buildUsageOptions,
  type OpenOptions,
  type Storage,
  type StorageParts,
} from './storage.ts'

/** A server may start before its database does. */
const SERVER_PATIENCE_MS = 20_000
const COMMAND_PATIENCE_MS = 2000
const RETRY_MS = 500

/** Returns the vault of the given master secret, which the servers on a database share. */
export function openSharedVault({ secrets }: Settings): Vault {
  if (secrets.masterSecret !== null) return createVault(secrets.masterSecret)
  throw new ConfigError('LICET_MASTER_SECRET is missing.')
}

/**
 * Connects to the database of LICET_DATABASE_URL, once it can be reached. Throws a Fault `unavailable`,
 * which says what to do, if that takes too long or the database refuses.
 */
export async function openPostgresStorage(
  parts: StorageParts,
  url: string,
  { isServer }: OpenOptions,
): Promise<Storage> {
  const { settings, clock, log } = parts
  const { database, outageSeconds } = settings.config
  const options = buildStoreOptions(parts, () => usage)
  const patienceMs = isServer ? SERVER_PATIENCE_MS : COMMAND_PATIENCE_MS
  const postgres = await openPatiently(
    () => openPostgresStore({ url, ...options }),
    database,
    patienceMs,
    (reason) => log.warn({ reason }, 'waiting for the database'),
  )
  const store = addCache(
    parts,
    tolerateOutage(postgres, {
      forMs: outageSeconds * 1000,
      readElapsedMs: () => clock.elapsedMs(),
    }),
  )
  const usage = await openPostgresUsage({
    url,
    getNowMs: () => clock.nowMs(),
    ...buildUsageOptions(parts, store),
  })
  return {
    store,
    usage,
    backups: noBackups,
    findLastBackup: () => null,
    measureStorage: () => nothingStored,
    schema: migrations.at(-1)?.name ?? '',
  }
}

async function openPatiently<Opened>(
  open: () => Promise<Opened>,
  location: DatabaseLocation | null,
  patienceMs: number,
  onWaiting: (reason: string) => void,
): Promise<Opened> {
  const deadlineMs = performance.now() + patienceMs
  let isWaiting = false
  for (;;) {
    try {
      return await open()
    } catch (error) {
      const refusal = explainRefusal(error, location)
      if (!isUnavailable(error) || performance.now() > deadlineMs) throw refusal ?? error
      if (!isWaiting) onWaiting(String(error))
      isWaiting = true
    }
    await sleep(RETRY_MS)
  }
}

/** Returns a Fault that says what the operator can do; null for any other error. */
function explainRefusal(thrown: unknown, location: DatabaseLocation | null): Fault | null {
  const error = findPostgresError(thrown)
  if (error === null) return null
  const host = location?.host ?? 'LICET_DATABASE_URL'
  const detail = explainState(error.errno ?? '', host, location?.name ?? '')
  if (detail !== null) return new Fault('unavailable', detail, { cause: error })
  if (!isUnavailable(error)) return null
  return new Fault(
    'unavailable',
    `The database at ${host} cannot be reached: ${error.message}. Check that PostgreSQL is running there and accepts connections from this machine, and LICET_DATABASE_URL.`,
    { cause: error },
  )
}

function explainState(state: string, host: string, name: string): string | null {
  if (state.startsWith('28')) {
    return `The database at ${host} rejects the user or the password. Check LICET_DATABASE_URL.`
  }
  if (state === '3D000') {
    return `There is no database ${name} at ${host}. Create it with: createdb ${name}`
  }
  if (state === '42501') {
    return `The user may not create tables in the database ${name} at ${host}. Make it the owner of the database.`
  }
  return null
}

/** PostgreSQL stores everything, and its disk cannot be seen from here. */
const nothingStored = {
  databaseBytes: 0,
  databaseLogBytes: 0,
  usageBytes: 0,
  usageLogBytes: 0,
  backupsBytes: 0,
  diskFreeBytes: null,
  diskTotalBytes: null,
}
