import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import type { Settings } from '~/platform/config.ts'
import { openCommandRuntime } from '~/server/runtime.ts'
import { findDatabase } from '~/store/sqlite/files/presence.ts'

/** Opens the database, which a server may be using as well, and closes it after `work`. */
export async function withRuntime<Result>(
  settings: Settings,
  work: (deps: Deps) => Promise<Result>,
): Promise<Result> {
  if (settings.secrets.databaseUrl === null) requireDatabase(settings.config.dataDir)
  await using runtime = await openCommandRuntime(settings)
  await runtime.deps.signer.load()
  return await work(runtime.deps)
}

/** Throws a Fault if there is no database, so that only `licet serve` ever creates one. */
export function requireDatabase(directory: string): void {
  if (findDatabase(directory)) return
  const detail = `There is no database in ${directory}. Set LICET_DATA_DIR to the directory of your database, or start a new one with: licet serve`
  throw new Fault('not_found', detail)
}
