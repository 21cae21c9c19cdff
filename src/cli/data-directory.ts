import { Fault } from '~/domain/faults.ts'
import type { Settings } from '~/platform/config.ts'

/** Throws a Fault if the database is not in the data directory. `instead` says what to use then. */
export function requireOwnFiles({ config }: Settings, instead: string): void {
  if (config.database === null) return
  const { name, host } = config.database
  const detail = `LICET_DATABASE_URL names the database ${name} at ${host}, which is not a file. ${instead}`
  throw new Fault('not_supported', detail)
}
