import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { migrate } from '~/platform/sqlite-migrations.ts'
import { migrations } from '~/store/sqlite/files/migrations.ts'
import {
  expectEverything,
  fixtures,
  readFacts,
  unpack,
  unpackRelease,
  versions,
} from '../support/releases.ts'
import { runLicet, Sandbox, startServer } from '../support/server.ts'

/** Some numbers of migrations that a database of an earlier state may have. */
const steps = [2, 9, 15, 20, migrations.length - 1]

/** Returns the copies from before a migration, with the number of migrations that each has. */
function listCopies(sandbox: Sandbox): { path: string; count: number }[] {
  const folder = sandbox.at('data', 'backups')
  const names = readdirSync(folder).filter((name) => name.startsWith('before-migration-'))
  return names.map((name) => {
    using db = new Database(join(folder, name), { readonly: true })
    return { path: join(folder, name), count: db.query('SELECT 1 FROM migrations').all().length }
  })
}

test.each(versions)('upgrade: everything of version %s is there, and works', async (version) => {
  using sandbox = new Sandbox()
  const facts = readFacts(version)
  const launch = unpackRelease(sandbox, version)
  await using server = await startServer(launch)
  await expectEverything(server, facts)
  expect(await server.stop()).toBe(0)
  expect((await runLicet(launch, ['check'])).code).toBe(0)
})

test.each(steps)(
  'upgrade: a database with its first %d migrations keeps its licenses, and its copy from before can be restored',
  async (count) => {
    using sandbox = new Sandbox()
    const folder = join(fixtures, 'data-directory-0.1.0')
    const { id, key, suspended } = JSON.parse(readFileSync(join(folder, 'facts.json'), 'utf8'))
    const launch = unpack(sandbox, folder, '2026-11-25T23:44:20Z')
    const db = new Database(sandbox.at('data', 'licet.sqlite'), { strict: true })
    migrate(db, migrations.slice(0, count))
    db.close()

    async function readLicenses() {
      await using server = await startServer(launch)
      const licenses = [id, suspended.id].map(async (each) => {
        const { body } = await server.send('GET', `/api/v1/licenses/${each}`)
        // Counted by each validation below.
        return { ...body, validation_count: 0, last_validated_at: null }
      })
      const found = await Promise.all(licenses)
      const events = (await server.send('GET', '/api/v1/events?limit=100')).body.data
      const validated = await server.send('POST', '/api/v1/validate', {
        key,
        domain: 'example.com',
      })
      expect(validated.body.valid).toBe(true)
      expect(await server.stop()).toBe(0)
      return { found, events }
    }

    const upgraded = await readLicenses()
    expect(upgraded.found).toMatchObject([
      { status: 'active', plan: 'team', domains: ['example.com'], devices: 2 },
      { status: 'suspended', suspension_reason: 'payment failed' },
    ])
    expect(upgraded.events).toHaveLength(10)
    const copies = listCopies(sandbox)
    expect(copies).toMatchObject([{ count }])
    const { code, stderr } = await runLicet(launch, ['restore', copies[0]?.path ?? ''])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(await readLicenses()).toEqual(upgraded)
  },
)

test('downgrade: a database of a newer version is refused by servers and commands, and the copy from before brings it back', async () => {
  using sandbox = new Sandbox()
  const version = versions.at(-1) ?? ''
  const launch = unpackRelease(sandbox, version)
  const database = sandbox.at('data', 'licet.sqlite')
  // To the next version, this one is older.
  const before = sandbox.at('data', 'before-migration.sqlite')
  const db = new Database(database, { strict: true })
  db.run('PRAGMA journal_mode = WAL')
  migrate(db, migrations)
  db.run('VACUUM INTO ?', [before])
  db.run("INSERT INTO migrations VALUES ('9999_next', 'hash')")
  db.run('CREATE TABLE next_things (id TEXT PRIMARY KEY) STRICT')
  db.close()
  const bytes = readFileSync(database)

  for (const args of [['serve'], ['keys', 'list'], ['jobs', 'run', 'maintain-database']]) {
    const { code, stderr } = await runLicet(launch, args, { LICET_PORT: '0' })
    expect({ args, code }).toEqual({ args, code: 1 })
    expect(stderr).toContain('written by a newer version of Licet (it has migration 9999_next)')
    expect(stderr).toContain('restore the database from before the upgrade')
  }
  expect((await runLicet(launch, ['check'])).code).toBe(1)
  expect(readFileSync(database).equals(bytes)).toBe(true)

  expect((await runLicet(launch, ['restore', before])).code).toBe(0)
  await using server = await startServer(launch)
  await expectEverything(server, readFacts(version))
})
