import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Migration } from '~/platform/migrations.ts'
import { migrations as postgresMigrations } from '~/store/postgres/migrations.ts'
import { migrations } from '~/store/sqlite/files/migrations.ts'
import { ReleaseError } from './commands.ts'

/** Throws ReleaseError if no data of this version, with its last migration, is kept for the tests of later upgrades. */
export function requireFixture(version: string): void {
  const folder = join('test/fixtures/releases', version)
  const isKept =
    hasLast(join(folder, 'facts.json'), migrations) &&
    hasLast(join(folder, 'postgres-facts.json'), postgresMigrations)
  if (isKept) return
  throw new ReleaseError(
    `Upgrades from ${version} could not be tested later. Run scripts/write-fixture, and commit what it writes.`,
  )
}

function hasLast(path: string, migrations: readonly Migration[]): boolean {
  if (!existsSync(path)) return false
  return JSON.parse(readFileSync(path, 'utf8')).lastMigration === migrations.at(-1)?.name
}
