import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { SQL } from 'bun'
import { closePool, openPool } from '~/platform/postgres.ts'
import { migrate } from '~/platform/postgres-migrations.ts'
import { migrations } from '~/store/postgres/migrations.ts'
import { migrateUsage } from '~/usage/postgres/open.ts'
import { findServer, readFailure } from './postgres-files.ts'

const START_TIMEOUT_MS = 60_000
const RETRY_MS = 50
/** Attempts after which another keeper is started, in case that the first has failed. */
const RESTART_ATTEMPTS = 200
export const START_LIMIT_MS = 90_000

/** A schema of its own in the database for tests, which is dropped when it is disposed of. */
export interface ScratchSchema extends AsyncDisposable {
  readonly url: string
  readonly schema: string
}

let server: Promise<SQL> | null = null
let serverUrl = ''
/** Referenced, because a socket that is collected is closed, and with the last one the server ends. */
const held: unknown[] = []

/** Starts the server, or finds it. For `beforeAll`: on a busy machine it takes longer than a test may. */
export async function startDatabase(): Promise<void> {
  server ??= connect()
  await server
}

/**
 * Creates a schema in the database of LICET_TEST_DATABASE_URL, or else in a PostgreSQL that all test
 * files share, and that ends with the last of them.
 */
export async function createScratchSchema(): Promise<ScratchSchema> {
  server ??= connect()
  const admin = await server
  const schema = `test_${crypto.randomUUID().replaceAll('-', '')}`
  await admin.unsafe(`CREATE SCHEMA ${schema}`)
  return {
    url: serverUrl,
    schema,
    [Symbol.asyncDispose]: async () => void (await admin.unsafe(`DROP SCHEMA ${schema} CASCADE`)),
  }
}

const emptySchemas: ScratchSchema[] = []

/**
 * Returns a schema with all tables, which are empty. Migrating takes twenty times as long as deleting a
 * few rows, so schemas are used again, except in a database that stays after the tests.
 */
export async function createMigratedSchema(): Promise<ScratchSchema> {
  const scratch = emptySchemas.pop() ?? (await createTables())
  if (process.env.LICET_TEST_DATABASE_URL !== undefined) return scratch
  return {
    ...scratch,
    [Symbol.asyncDispose]: async () => {
      await emptyTables(scratch)
      emptySchemas.push(scratch)
    },
  }
}

async function createTables(): Promise<ScratchSchema> {
  const scratch = await createScratchSchema()
  const pool = openPool({ ...scratch, connectionsMax: 1 })
  await migrate(pool, migrations)
  await migrateUsage(pool)
  await closePool(pool)
  return scratch
}

async function emptyTables({ url, schema }: ScratchSchema): Promise<void> {
  const client = new SQL({
    url,
    max: 1,
    connection: { search_path: schema, session_replication_role: 'replica' },
  })
  const tables = await client.unsafe<{ name: string }[]>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = $1 AND tablename NOT LIKE '%migrations'`,
    [schema],
  )
  await client.unsafe(tables.map(({ name }) => `DELETE FROM ${name}`).join(';'))
  await client.close({ timeout: 1 })
}

async function connect(): Promise<SQL> {
  serverUrl = process.env.LICET_TEST_DATABASE_URL ?? (await startServer())
  const admin = new SQL({ url: serverUrl, max: 2, connection: { client_min_messages: 'warning' } })
  await admin.unsafe('SELECT 1')
  return admin
}

/** Returns the URL of the server, which runs as long as a process is connected to its keeper. */
async function startServer(): Promise<string> {
  const deadlineMs = performance.now() + START_TIMEOUT_MS
  const startedAtMs = Date.now()
  for (let attempt = 0; performance.now() < deadlineMs; attempt += 1) {
    const found = findServer()
    if (found !== null && (await holdServer(found.keeperPort))) return found.url
    const failure = readFailure(startedAtMs)
    if (failure !== null) throw new Error(failure)
    // Of several keepers that start at the same time, one gets the lock and the others end.
    if (attempt % RESTART_ATTEMPTS === 0) startKeeper()
    await Bun.sleep(RETRY_MS)
  }
  throw new Error('PostgreSQL for tests did not start within a minute.')
}

/** As a process of a shell that ends at once: Bun ends its own ones when a test times out. */
function startKeeper(): void {
  const script = join(import.meta.dir, 'postgres-keeper.ts')
  const shell = ['-c', '"$0" "$1" >/dev/null 2>&1 </dev/null &', process.execPath, script]
  spawn('/bin/sh', shell, { detached: true, stdio: 'ignore' }).unref()
}

/** Connects to the keeper until this process ends; false if there is none. */
async function holdServer(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const connecting = Bun.connect({
    hostname: '127.0.0.1',
    port,
    socket: {
      open: (socket) => {
        socket.unref()
        held.push(socket)
      },
      data: (_socket, answer) => resolve(answer.toString() === 'ready'),
      close: () => resolve(false),
      error: () => resolve(false),
    },
  })
  await connecting.catch(() => resolve(false))
  return promise
}
