import { noUsage } from '~/domain/usage.ts'
import type { Store } from '~/store/port.ts'
import { connectPostgresStore, type PostgresOptions } from '~/store/postgres/open.ts'
import { FixedClock } from '../../support/clock.ts'
import { createMigratedSchema, type ScratchSchema } from '../../support/postgres.ts'
import { createId } from '../../support/samples.ts'
import { type OpenedStore, type OpenStore, renderEvent } from '../contract/stores.ts'

const CONNECTIONS_MAX = 6

export function buildOptions(
  { url, schema }: Pick<ScratchSchema, 'url' | 'schema'>,
  options: Partial<PostgresOptions> = {},
): PostgresOptions {
  return {
    url,
    schema,
    connectionsMax: CONNECTIONS_MAX,
    secretCheck: 'of the tests',
    mailDomain: 'mail.example',
    createId,
    renderEvent,
    clock: new FixedClock(),
    readCounters: async (ids) => new Map(ids.map((id) => [id, noUsage])),
    onError: () => undefined,
    ...options,
  }
}

/** Returns a function that opens PostgreSQL stores, each wrapped, for example by a cache. */
export function createOpenStore(wrap: (store: Store) => Store): OpenStore {
  return async (): Promise<OpenedStore> => {
    const scratch = await createMigratedSchema()
    const open = new Set<Store>()

    function openAnother(): Store {
      const store = wrap(connectPostgresStore(buildOptions(scratch)))
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
        await scratch[Symbol.asyncDispose]()
      },
    }
  }
}
