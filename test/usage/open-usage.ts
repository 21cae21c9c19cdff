import { noUsage } from '~/domain/usage.ts'
import { notifySharing } from '~/server/notify-sharing.ts'
import type { Store } from '~/store/port.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { openSqliteStore } from '~/store/sqlite/open.ts'
import { openUsage } from '~/usage/open.ts'
import type { Usage } from '~/usage/port.ts'
import { renderEvent } from '../store/contract/stores.ts'
import { FixedClock } from '../support/clock.ts'
import { createId } from '../support/samples.ts'

export interface OpenedUsage extends AsyncDisposable {
  readonly store: Store
  readonly usage: Usage
  /** Returns the counters of a license as its record shows them: the count and the last time. */
  countersOf(licenseId: string): Promise<readonly [number, number | null] | null>
  close(): Promise<void>
}

/** Opens a store and its usage in a data directory, composed as in a server. */
export function openUsageIn(directory: string): OpenedUsage {
  const onError = () => undefined
  const store = openSqliteStore({
    directory,
    secretCheck: 'of the tests',
    createId,
    renderEvent,
    readCounters: (licenseIds) => usage.readCounters(licenseIds),
    clock: new FixedClock(),
    isLocked: true,
    onError,
  })
  const usage = openUsage({
    directory,
    databasePath: databasePath(directory),
    isLocked: true,
    beforeMigrating: () => undefined,
    onSharing: (signals) => notifySharing(store, signals),
    onError,
    onDropped: () => undefined,
  })

  return composeUsage(store, usage)
}

/** Returns a store and its usage with what tests ask of both. */
export function composeUsage(store: Store, usage: Usage): OpenedUsage {
  async function countersOf(licenseId: string) {
    const record = await store.licenses.find(licenseId)
    const { validationCount, lastValidatedAtMs } = record?.usage ?? noUsage
    return record === null ? null : ([validationCount, lastValidatedAtMs] as const)
  }

  async function close(): Promise<void> {
    await usage.close()
    await store.close()
  }

  return { store, usage, countersOf, close, [Symbol.asyncDispose]: close }
}
