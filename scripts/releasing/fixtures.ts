import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { migrations } from '~/store/sqlite/files/migrations.ts'
import { ReleaseError } from './commands.ts'

/** Throws ReleaseError if no data of this version, with its last migration, is kept for the tests of later upgrades. */
export function requireFixture(version: string): void {
  const path = join('test/fixtures/releases', version, 'facts.json')
  const written = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).lastMigration : null
  if (written === migrations.at(-1)?.name) return
  throw new ReleaseError(
    `Upgrades from ${version} could not be tested later. Run scripts/write-fixture, and commit what it writes.`,
  )
}
