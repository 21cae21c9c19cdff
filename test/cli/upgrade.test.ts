import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { copyFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { lockDirectory } from '~/store/sqlite/files/lock.ts'
import { former, formerEnvironment, unpackFormer } from '../support/former-directory.ts'
import { runLicet, Sandbox, type ServerProcess, startServer } from '../support/server.ts'

const { key, id, suspended, imported, webhook, seat } = former
const env = formerEnvironment

/** Reads over HTTP what the data directory holds. */
async function readEverything({ send }: ServerProcess) {
  const get = async (path: string) => (await send('GET', `/api/v1/${path}`)).body
  return {
    licenses: [
      await get(`licenses/${id}`),
      await get(`licenses/${suspended.id}`),
      await get(`licenses/${imported.id}`),
    ],
    usage: await get(`licenses/${id}/usage`),
    refusals: (await get(`licenses/${suspended.id}/usage`)).summary,
    total: await get('usage/summary'),
    activations: (await get(`licenses/${id}/activations`)).data,
    seats: (await get(`licenses/${id}/seats`)).data,
    webhook: await get(`webhooks/${webhook}`),
    events: (await get('events?limit=100')).data,
  }
}

test('upgrade: a data directory of version 0.1.0 keeps everything, and is imported once', async () => {
  using sandbox = new Sandbox()
  const dataDirectory = sandbox.at('data')
  unpackFormer(dataDirectory)
  const launch = { cwd: sandbox.path, env }

  await using first = await startServer(launch)
  const found = await readEverything(first)
  expect(found.licenses).toMatchObject([
    {
      status: 'active',
      plan: 'team',
      customer_email: 'ada@example.com',
      external_ref: 'order-1',
      expires_at: '2027-11-25T23:44:17Z',
      domains: ['example.com'],
      devices: 2,
      validation_count: 8,
      last_validated_at: '2026-11-25T23:44:17Z',
    },
    { status: 'suspended', suspension_reason: 'payment failed', validation_count: 0 },
    { status: 'active', domains: ['carol.example.com'], validation_count: 1 },
  ])
  // Those in the journals are imported now, so that the identical ones share an entry.
  const merged = { version: '2.0', count: 5 }
  const earlier = { version: '1.0', count: 1 }
  expect(found.usage.data).toMatchObject([merged, earlier, earlier, earlier])
  expect(found.usage.summary).toMatchObject({ valid: 8, refused: 0, domains: 1, devices: 2 })
  expect(found.refusals).toMatchObject({ refused: 2, by_error: { LICENSE_SUSPENDED: 2 } })
  expect(found.total).toMatchObject({ valid: 9, refused: 2, plans: { team: 8 } })
  expect(found.activations).toMatchObject([
    { value: 'device-2', last_seen_at: '2026-11-25T23:44:17Z' },
    { value: 'device-1', last_seen_at: '2026-11-25T23:44:17Z' },
    { value: 'example.com', last_seen_at: '2026-11-25T23:44:17Z' },
  ])
  expect(found.seats).toMatchObject([{ id: seat, fingerprint: 'device-1' }])
  expect(found.webhook).toMatchObject({ url: 'https://hooks.example.com/licet' })
  expect(found.events).toHaveLength(10)
  expect(await first.stop()).toBe(0)
  const names = readdirSync(dataDirectory)
  expect(names).toContain('usage.sqlite')
  expect(names.filter((name) => name.startsWith('history'))).toEqual([])

  await using second = await startServer(launch)
  expect(await readEverything(second)).toEqual(found)
  const validate = (licenseKey: string, domain: string) =>
    second.send('POST', '/api/v1/validate', { key: licenseKey, domain })
  expect((await validate(key, 'example.com')).body.valid).toBe(true)
  expect((await validate(imported.key, 'carol.example.com')).body.valid).toBe(true)
  expect((await validate(suspended.key, 'a.io')).body.error).toBe('LICENSE_SUSPENDED')
})

test('upgrade: an import that was interrupted continues at the next start, and counts once', async () => {
  using sandbox = new Sandbox()
  const dataDirectory = sandbox.at('data')
  unpackFormer(dataDirectory)
  const journal = 'history-2.journal'
  const launch = { cwd: sandbox.path, env }
  copyFileSync(join(dataDirectory, journal), sandbox.at(journal))
  await using first = await startServer(launch)
  const found = await readEverything(first)
  await first.kill()
  // As if the server had been killed after the import and before it deleted the journal.
  copyFileSync(sandbox.at(journal), join(dataDirectory, journal))
  await using second = await startServer(launch)
  expect(await readEverything(second)).toEqual(found)
  expect(readdirSync(dataDirectory)).not.toContain(journal)
})

/** Returns the states of the public keys of a server. */
async function readKeyStates({ send }: ServerProcess): Promise<string[]> {
  const { body } = await send('GET', '/.well-known/licet/jwks.json')
  return body.keys.map(({ licet_state }: { licet_state: string }) => licet_state)
}

test('upgrade: a command upgrades a data directory that no server uses', async () => {
  using sandbox = new Sandbox()
  const dataDirectory = sandbox.at('data')
  unpackFormer(dataDirectory)
  const launch = { cwd: sandbox.path, env }
  const { code } = await runLicet(launch, ['jobs', 'run', 'maintain-database'])
  expect(code).toBe(0)
  expect(readdirSync(dataDirectory).filter((name) => name.startsWith('history'))).toEqual([])
  await using server = await startServer(launch)
  expect((await readEverything(server)).licenses[0].validation_count).toBe(8)
  expect(await readKeyStates(server)).toEqual(['active', 'next'])
})

/** Starts the server, and expects that it keeps one copy from before the upgrade. */
async function expectUpgrade(sandbox: Sandbox): Promise<void> {
  await using server = await startServer({ cwd: sandbox.path, env })
  expect((await readEverything(server)).licenses[0].validation_count).toBe(8)
  expect(readdirSync(sandbox.at('data', 'backups'))).toHaveLength(1)
}

test('upgrade: a full disk stops it before anything changes, and leaves no part of a copy', async () => {
  using sandbox = new Sandbox()
  const dataDirectory = sandbox.at('data')
  unpackFormer(dataDirectory)
  // Less than the copy from before the migration.
  const launch = { cwd: sandbox.path, env, shell: 'trap "" XFSZ; ulimit -f 400;' }
  for (let count = 0; count < 2; count += 1) {
    const { code, stderr } = await runLicet(launch, ['serve'])
    expect(stderr).toContain('Check its permissions and the free disk space')
    expect(code).toBe(1)
  }
  expect(readdirSync(join(dataDirectory, 'backups'))).toEqual([])
  await expectUpgrade(sandbox)
})

test('upgrade: starts that cannot change the database leave no copies of it', async () => {
  using sandbox = new Sandbox()
  const dataDirectory = sandbox.at('data')
  unpackFormer(dataDirectory)
  const database = join(dataDirectory, 'licet.sqlite')
  const obstacle = 'stored_responses'
  using db = new Database(database)
  db.run(`CREATE TABLE ${obstacle} (id TEXT) STRICT`)
  for (let count = 0; count < 2; count += 1) {
    const { code, stderr } = await runLicet({ cwd: sandbox.path, env }, ['serve'])
    expect(stderr).toContain(obstacle)
    expect(code).toBe(1)
  }
  expect(readdirSync(join(dataDirectory, 'backups'))).toEqual([])
  db.run(`DROP TABLE ${obstacle}`)
  await expectUpgrade(sandbox)
})

test('upgrade: a command changes nothing while a server of version 0.1.0 is running', async () => {
  using sandbox = new Sandbox()
  const dataDirectory = sandbox.at('data')
  unpackFormer(dataDirectory)
  const listUsageFiles = () =>
    readdirSync(dataDirectory).filter((name) => /^(?:history|usage)/.test(name))
  const before = listUsageFiles()
  using _lock = lockDirectory(dataDirectory, 'It is locked.')
  const { code, stderr } = await runLicet({ cwd: sandbox.path, env }, [
    'jobs',
    'run',
    'maintain-database',
  ])
  expect(code).toBe(1)
  expect(stderr).toContain('A server of an earlier version is using')
  expect(listUsageFiles()).toEqual(before)
})

test('upgrade: a backup of version 0.1.0 can be restored, with its counters', async () => {
  using sandbox = new Sandbox()
  unpackFormer(sandbox.at('former'))
  const backup = sandbox.at('former', 'licet.sqlite')
  using db = new Database(backup)
  // As that version copied the counters into a backup.
  db.run('UPDATE licenses SET validation_count = 3, last_validated_at_ms = 1 WHERE id = ?', [id])
  db.run("INSERT INTO meta (name, value) VALUES ('counts_folded', '')")
  db.run('PRAGMA journal_mode = DELETE')
  db.close()
  const launch = { cwd: sandbox.path, env }
  expect((await runLicet(launch, ['restore', backup])).code).toBe(0)
  await using server = await startServer(launch)
  const { body } = await server.send('GET', `/api/v1/licenses/${id}`)
  expect(body).toMatchObject({ status: 'active', devices: 2, validation_count: 3 })
  expect(await readKeyStates(server)).toEqual(['active', 'next'])
})
