import { rmSync } from 'node:fs'
import { noUsage } from '~/domain/usage.ts'
import type { Store } from '~/store/port.ts'
import { openSqliteStore, type SqliteOptions } from '~/store/sqlite/open.ts'
import { FixedClock } from '../../support/clock.ts'
import { createMigratedFiles } from '../../support/database.ts'
import { createId } from '../../support/samples.ts'
import { createScratchDirectory } from '../../support/scratch.ts'
import { type OpenedStore, type OpenStore, renderEvent } from '../contract/stores.ts'

export function openSqlite(directory: string, options: Partial<SqliteOptions> = {}): Store {
  return openSqliteStore({
    directory,
    secretCheck: 'of the tests',
    mailDomain: 'mail.example',
    createId,
    renderEvent,
    clock: new FixedClock(),
    isLocked: true,
    readCounters: async (ids) => new Map(ids.map((id) => [id, noUsage])),
    onError: () => undefined,
    ...options,
  })
}

/** Returns a function that opens SQLite stores, each wrapped, for example by a cache. */
export function createOpenStore(wrap: (store: Store) => Store): OpenStore {
  return async (): Promise<OpenedStore> => {
    const directory = createScratchDirectory()
    createMigratedFiles(directory)
    const open = new Set<Store>()

    function openIn(isLocked: boolean): Store {
      const store = wrap(openSqlite(directory, { isLocked }))
      open.add(store)
      return store
    }

    const store = openIn(true)
    return {
      store,
      openAnother: () => openIn(false),
      reopen: async () => {
        open.delete(store)
        await store.close()
        return openIn(true)
      },
      [Symbol.asyncDispose]: async () => {
        for (const one of open) await one.close()
        rmSync(directory, { recursive: true })
      },
    }
  }
}
