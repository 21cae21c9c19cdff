import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ReleaseError } from './commands.ts'

/** Throws ReleaseError if no data of this version is kept for the tests of later upgrades. */
export function requireFixture(version: string): void {
  if (existsSync(join('test/fixtures/releases', version, 'facts.json'))) return
  throw new ReleaseError(
    `Upgrades from ${version} could not be tested later. Run scripts/write-fixture, and commit what it writes.`,
  )
}
