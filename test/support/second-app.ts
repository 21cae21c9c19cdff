import { buildApp } from '~/server/app.ts'
import { createCachedStore } from '~/store/cache.ts'
import { openSqliteStore } from '~/store/sqlite/open.ts'
import { presentEventData } from '~/wire/events.ts'
import { createSend, type TestApp } from './app.ts'
import type { TestDeps } from './deps.ts'

/** Opens another server on the same database, with connections and a memory of its own. */
export function openSecondApp(
  { deps, directory }: TestDeps,
  { isShared = false, instanceId = 'second' } = {},
): Pick<TestApp, 'deps' | 'send'> & AsyncDisposable {
  const { vault, createId, clock, usage, log } = deps
  const sqlite = openSqliteStore({
    directory,
    secretCheck: vault.check,
    createId,
    renderEvent: presentEventData,
    readCounters: usage.readCounters,
    clock,
    isLocked: false,
    onError: (error) => log.error({ err: error }, 'background write failed'),
  })
  const store = createCachedStore({ ...sqlite, isShared }, { licensesMax: 1000, ttlMs: 300_000 })
  const second = { ...deps, store, instanceId }
  return {
    deps: second,
    send: createSend(buildApp(second)),
    [Symbol.asyncDispose]: store.close,
  }
}
