import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { migrate } from '~/platform/sqlite-migrations.ts'
import { migrations } from '~/store/sqlite/files/migrations.ts'
import { runLicet, Sandbox, type ServerProcess, startServer } from '../support/server.ts'

const MINUTE_MS = 60_000
const fixtures = join(import.meta.dir, '../fixtures')
const versions = readdirSync(join(fixtures, 'releases'))
/** Some numbers of migrations that a database of an earlier state may have. */
const steps = [2, 9, 15, 20, migrations.length - 1]

interface Item {
  readonly id?: string
  readonly slug?: string
}

interface Facts {
  readonly writtenAt: string
  readonly lastMigration: string
  readonly keys: Readonly<Record<'active' | 'suspended' | 'revoked' | 'imported', string>>
  /** The responses of the version that wrote the directory, by path. */
  readonly responses: Readonly<Record<string, { readonly data?: readonly Item[] }>>
}

const readFacts = (version: string): Facts =>
  JSON.parse(readFileSync(join(fixtures, 'releases', version, 'facts.json'), 'utf8'))

/** Unpacks a data directory into `data` of the sandbox, which a server then opens a minute after it was written. */
function unpack(sandbox: Sandbox, folder: string, writtenAt: string) {
  mkdirSync(sandbox.at('data'))
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.gz'))) {
    const bytes = gunzipSync(readFileSync(join(folder, name)))
    writeFileSync(sandbox.at('data', name.replace(/\.gz$/, '')), bytes)
  }
  const env = {
    LICET_MASTER_SECRET: Buffer.alloc(32, 7).toString('base64'),
    TEST_CLOCK_MS: String(Date.parse(writtenAt) + MINUTE_MS),
    BUN_OPTIONS: `--preload ${join(import.meta.dir, '../support/shifted-clock.ts')}`,
  }
  return { cwd: sandbox.path, env }
}

const unpackRelease = (sandbox: Sandbox, version: string) =>
  unpack(sandbox, join(fixtures, 'releases', version), readFacts(version).writtenAt)

/** Checks that a server responds as the version did that wrote the directory. New fields and items are fine. */
async function expectEverything(server: ServerProcess, { keys, responses }: Facts): Promise<void> {
  for (const [path, known] of Object.entries(responses)) {
    const full = path === 'jwks' ? '/.well-known/licet/jwks.json' : `/api/v1/${path}`
    const { body } = await server.send('GET', full)
    if (known.data === undefined) expect({ path, body }).toMatchObject({ path, body: known })
    for (const [index, item] of (known.data ?? []).entries()) {
      const name = item.id ?? item.slug
      const same = ({ id, slug }: Item) => (id ?? slug) === name
      const found = name === undefined ? body.data[index] : body.data.find(same)
      expect({ path, found }).toMatchObject({ path, found: item })
    }
  }
  const validate = async (key: string) =>
    (await server.send('POST', '/api/v1/validate', { key, domain: 'example.com' })).body
  expect(await validate(keys.active)).toMatchObject({ valid: true })
  expect(await validate(keys.imported)).toMatchObject({ valid: true })
  expect(await validate(keys.suspended)).toMatchObject({ error: 'LICENSE_SUSPENDED' })
  expect(await validate(keys.revoked)).toMatchObject({ error: 'LICENSE_REVOKED' })
  const order = { plan: 'team', customer_email: 'new@example.com' }
  expect((await server.send('POST', '/api/v1/licenses', order)).status).toBe(201)
}

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
  await using server = await startServer(unpackRelease(sandbox, version))
  await expectEverything(server, facts)
  expect(await server.stop()).toBe(0)
  const { code, stdout } = await runLicet(unpackedLaunch(sandbox), ['check'])
  expect({ code, stdout }).toMatchObject({ code: 0 })
})

const unpackedLaunch = (sandbox: Sandbox) => ({
  cwd: sandbox.path,
  env: { LICET_MASTER_SECRET: Buffer.alloc(32, 7).toString('base64') },
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

test('downgrade: a database of a newer version is refused by all commands, and the copy from before brings it back', async () => {
  using sandbox = new Sandbox()
  const version = versions.at(-1) ?? ''
  const launch = unpackRelease(sandbox, version)
  const database = sandbox.at('data', 'licet.sqlite')
  // To the next version, this one is older.
  const before = sandbox.at('data', 'before-migration.sqlite')
  const db = new Database(database, { strict: true })
  migrate(db, migrations)
  db.run('VACUUM INTO ?', [before])
  db.run("INSERT INTO migrations VALUES ('9999_next', 'hash')")
  db.run('CREATE TABLE next_things (id TEXT PRIMARY KEY) STRICT')
  db.close()
  const bytes = readFileSync(database)

  const backup = sandbox.at('backup.sqlite')
  for (const args of [
    ['serve'],
    ['keys', 'list'],
    ['jobs', 'run', 'sweep-seats'],
    ['backup', backup],
  ]) {
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
