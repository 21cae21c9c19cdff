import { Database } from 'bun:sqlite'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { SQL } from 'bun'
import { migrations as postgresMigrations } from '~/store/postgres/migrations.ts'
import { migrations } from '~/store/sqlite/files/migrations.ts'
import { type LicetProcess, startLicet } from '../../bench/servers.ts'
import packageFile from '../../package.json' with { type: 'json' }
import { root } from '../../test/support/postgres-files.ts'
import { startPostgres } from '../../test/support/postgres-server.ts'
import { requireSuccess } from './commands.ts'

/** Public, so for tests only. */
const secret = Buffer.alloc(32, 7).toString('base64')
/** A name that occurs nowhere else in a dump, so that it can be replaced. */
const SCHEMA = 'licet_fixture_schema'
const folder = join('test/fixtures/releases', packageFile.version)

// The data of a release stays as that release wrote it.
const isReleased = requireSuccess(['git', 'tag', '--list', `v${packageFile.version}`]) !== ''
if (isReleased) {
  console.error(
    `${packageFile.version} is released. Write the next version into package.json first.`,
  )
  process.exit(1)
}

// Writes a data directory and a dump of PostgreSQL with one of everything, and what the API says about it.
const scratch = mkdtempSync(join(tmpdir(), 'licet-fixture-'))
try {
  const facts = await fill(scratch)
  mkdirSync(folder, { recursive: true })
  for (const name of ['licet.sqlite', 'usage.sqlite']) {
    shrink(join(scratch, name))
    const bytes = gzipSync(readFileSync(join(scratch, name)), { level: 9 })
    writeFileSync(join(folder, `${name}.gz`), bytes)
  }
  writeFileSync(join(folder, 'facts.json'), `${JSON.stringify(facts, null, 2)}\n`)
  await writeDump(join(scratch, 'node'))
  console.log(`Written to ${folder}. Commit it.`)
} finally {
  rmSync(scratch, { recursive: true })
}

/** Writes the same for PostgreSQL, as a dump whose schema the tests rename. */
async function writeDump(directory: string): Promise<void> {
  await using postgres = await startPostgres(join(root, `fixture-${crypto.randomUUID()}`))
  await using client = new SQL({ url: postgres.url, max: 1 })
  await client.unsafe(`CREATE SCHEMA ${SCHEMA}`)
  const url = `${postgres.url}?search_path=${SCHEMA}`
  mkdirSync(directory)
  const facts = await fill(directory, { LICET_DATABASE_URL: url })
  const dump = ['pg_dump', `--schema=${SCHEMA}`, '--inserts', '--rows-per-insert=100']
  const printed = requireSuccess([...dump, '--no-owner', '--no-privileges', postgres.url])
  // Lines with a backslash are commands of psql, and the tests create the schema.
  const ignored = /^(?:\\|--|CREATE SCHEMA |$)/
  const lines = printed.split('\n').filter((line) => !ignored.test(line))
  writeFileSync(join(folder, 'postgres.sql.gz'), gzipSync(lines.join('\n'), { level: 9 }))
  writeFileSync(join(folder, 'postgres-facts.json'), `${JSON.stringify(facts, null, 2)}\n`)
}

async function fill(directory: string, more: Readonly<Record<string, string>> = {}) {
  const variables = { LICET_MASTER_SECRET: secret, ...more }
  await using licet = await startLicet(directory, '/dev/null', variables)
  const made = await createEverything(licet)
  await licet.settle()
  const responses: Record<string, unknown> = {}
  for (const path of made.paths) responses[path] = await read(licet, path)
  const lastMigration = (more.LICET_DATABASE_URL ? postgresMigrations : migrations).at(-1)?.name
  return {
    writtenAt: new Date().toISOString(),
    lastMigration,
    ...made,
    paths: undefined,
    responses,
  }
}

async function createEverything(licet: LicetProcess) {
  const post = async (path: string, body: unknown) =>
    (await licet.post(`/api/v1/${path}`, body)) as { readonly id: string; readonly key: string }
  await post('products', { slug: 'editor', name: 'Acme Editor', key_prefix: 'ACME' })
  await post('plans', {
    slug: 'team',
    product: 'editor',
    name: 'Team',
    max_domains: 2,
    max_devices: 3,
    max_seats: 2,
    seat_lease_seconds: 86_400,
    duration_days: 365,
    grace_days: 7,
    features: { sso: true, projects: 50 },
  })
  const order = { plan: 'team', customer_email: 'ada@example.com', customer_name: 'Ada Müller' }
  const active = await post('licenses', { ...order, external_ref: 'order-1', metadata: { a: 1 } })
  const suspended = await post('licenses', { ...order, customer_email: 'bob@example.com' })
  const revoked = await post('licenses', order)
  const imported = await post('licenses', { ...order, key: 'IMPORTED-KEY-0000000001' })
  const webhook = await post('webhooks', {
    url: 'https://hooks.example.com/licet',
    events: ['license.*'],
  })
  await post(`licenses/${suspended.id}/suspend`, { reason: 'payment failed' })
  await post(`licenses/${revoked.id}/revoke`, {})
  await post('activate', { key: active.key, fingerprint: 'device-1', name: 'Laptop' })
  await post('seats/acquire', { key: active.key, fingerprint: 'device-1' })
  for (const domain of ['example.com', 'www.example.org']) {
    await post('validate', { key: active.key, domain, version: '2.0' })
  }
  await post('validate', { key: suspended.key, domain: 'example.net' })
  await post('keys', { name: 'billing', scopes: ['licenses:read'] })
  await post('edges', { name: 'eu-1' })
  await post('operators', { name: 'Ada Lovelace', scopes: ['licenses:read'] })
  await post('checkout/rules', { provider: 'stripe', price: 'price_team', plan: 'team' })
  await post(`licenses/${active.id}/file`, { fingerprint: 'device-1' })
  const ids = [active.id, suspended.id, revoked.id, imported.id]
  return {
    keys: {
      active: active.key,
      suspended: suspended.key,
      revoked: revoked.key,
      imported: imported.key,
    },
    paths: [
      ...['products', 'plans/team', 'keys', 'edges', 'operators', 'checkout/rules', 'jwks'],
      ...ids.flatMap((id) => [`licenses/${id}`, `licenses/${id}/events?limit=100`]),
      ...['activations', 'seats', 'usage'].map((noun) => `licenses/${active.id}/${noun}`),
      `licenses/${suspended.id}/usage`,
      `webhooks/${webhook.id}`,
    ],
  }
}

async function read(licet: LicetProcess, path: string): Promise<unknown> {
  const full = path === 'jwks' ? '/.well-known/licet/jwks.json' : `/api/v1/${path}`
  const response = await licet.request('GET', full)
  if (!response.ok) throw new Error(`GET ${full} failed: ${await response.text()}`)
  return response.json()
}

/** Moves the log into the file, and leaves out free pages. */
function shrink(path: string): void {
  using db = new Database(path, { readwrite: true, create: false })
  db.run('PRAGMA journal_mode = DELETE')
  db.run('VACUUM')
}
