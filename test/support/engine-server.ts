import { Database } from 'bun:sqlite'
import { SQL } from 'bun'
import { testEngine } from './engine.ts'
import { nodeEnvironment } from './nodes.ts'
import { createScratchSchema } from './postgres.ts'
import { ADMIN_TOKEN, type Sandbox, type ServerProcess, startServer } from './server.ts'

export interface EngineServer extends ServerProcess {
  /** Keeps the server from writing until the result is disposed of. */
  lockDatabase(): Promise<AsyncDisposable>
}

/** Starts a server on a new database of the engine under test, with the data directory `name`. */
export async function startEngineServer(
  sandbox: Sandbox,
  name: string,
  env: Readonly<Record<string, string>> = {},
): Promise<EngineServer> {
  const own = { LICET_DATA_DIR: sandbox.at(name), LICET_ADMIN_TOKEN: ADMIN_TOKEN, ...env }
  if (testEngine === 'sqlite') {
    const server = await startServer(sandbox, own)
    return { ...server, lockDatabase: async () => lockFile(sandbox.at(name, 'licet.sqlite')) }
  }
  await using stack = new AsyncDisposableStack()
  const scratch = stack.use(await createScratchSchema())
  const server = stack.use(await startServer(sandbox, { ...own, ...nodeEnvironment(scratch) }))
  const moved = stack.move()
  return {
    ...server,
    lockDatabase: () => lockEvents(scratch),
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  }
}

function lockFile(path: string): AsyncDisposable {
  const db = new Database(path)
  db.run('PRAGMA busy_timeout = 10000')
  db.run('BEGIN IMMEDIATE')
  return {
    [Symbol.asyncDispose]: async () => {
      db.run('ROLLBACK')
      db.close()
    },
  }
}

async function lockEvents({ url, schema }: { url: string; schema: string }) {
  const client = new SQL({ url, max: 1 })
  await client.unsafe(`BEGIN; LOCK TABLE ${schema}.events IN EXCLUSIVE MODE`)
  return {
    [Symbol.asyncDispose]: async () => {
      await client.unsafe('ROLLBACK')
      await client.close({ timeout: 1 })
    },
  }
}
