import { buildApp } from '~/server/app.ts'
import { createSend, type TestApp } from './app.ts'
import type { TestDeps } from './deps.ts'
import { testEngine } from './engine.ts'

/** Opens another server on the same database, with connections and a memory of its own. */
export async function openSecondApp(
  { deps, openAnother }: Pick<TestDeps, 'deps' | 'openAnother'>,
  { isShared = testEngine === 'postgres', instanceId = 'second' } = {},
): Promise<Pick<TestApp, 'deps' | 'send'> & AsyncDisposable> {
  const { store, usage, backups } = await openAnother()
  const second = { ...deps, store: { ...store, isShared }, instanceId }
  return {
    deps: second,
    send: createSend(buildApp(second)),
    async [Symbol.asyncDispose]() {
      await backups.close()
      await usage.close()
      await store.close()
    },
  }
}
