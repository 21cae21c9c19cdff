import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from '~/store/port.ts'
import { openSqliteStore } from '~/store/sqlite/open.ts'
import { createId } from '../../support/samples.ts'
import { type OpenedStore, type OpenStore, renderEvent } from '../contract/stores.ts'

export function openSqlite(directory: string, secretCheck = 'of the tests'): Store {
  return openSqliteStore({
    directory,
    secretCheck,
    createId,
    renderEvent,
    onError: () => undefined,
    onDropped: () => undefined,
  })
}

/** Opens SQLite stores, each `wrapped` by what is under test in front of it. */
export function createOpenStore(wrap: (store: Store) => Store): OpenStore {
  return async (): Promise<OpenedStore> => {
    const directory = mkdtempSync(join(tmpdir(), 'licet-store-'))
    const open = new Set<Store>()

    function openAnother(): Store {
      const store = wrap(openSqlite(directory))
      open.add(store)
      return store
    }

    const store = openAnother()
    return {
      store,
      openAnother,
      reopen: async () => {
        open.delete(store)
        await store.close()
        return openAnother()
      },
      [Symbol.asyncDispose]: async () => {
        for (const one of open) await one.close()
        rmSync(directory, { recursive: true })
      },
    }
  }
}
