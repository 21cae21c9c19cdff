#!/usr/bin/env bun
// Runs a PostgreSQL for tests until no process is connected to it any more. A process that is killed is
// disconnected as well, so nothing is left over.
import { Database } from 'bun:sqlite'
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { failurePath, lockPath, root, serverPath } from './postgres-files.ts'
import { deletePrograms, startPostgres } from './postgres-server.ts'

/** Test files run one after another in some modes, and each process connects anew. */
const IDLE_MS = 2000
const FIRST_CONNECTION_MS = 20_000

mkdirSync(root, { recursive: true, mode: 0o755 })
const lock = openLock()
if (lock === null) process.exit(0)
try {
  await keep()
} catch (error) {
  writeFileSync(failurePath, `PostgreSQL for tests did not start: ${error}`)
  process.exitCode = 1
} finally {
  lock.close()
}

/** The lock is released however this process ends. */
function openLock(): Database | null {
  try {
    const database = new Database(lockPath, { create: true })
    database.run('BEGIN EXCLUSIVE')
    return database
  } catch {
    return null
  }
}

async function keep(): Promise<void> {
  rmSync(serverPath, { force: true })
  // They may be of another version.
  deletePrograms()
  await using postgres = await startPostgres(join(root, 'data'))
  const { promise: over, resolve: end } = Promise.withResolvers<void>()
  let connected = 0
  let timer = setTimeout(end, FIRST_CONNECTION_MS)
  using listener = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open: (socket) => {
        connected += 1
        clearTimeout(timer)
        socket.write('ready')
      },
      close: () => {
        connected -= 1
        if (connected === 0) timer = setTimeout(end, IDLE_MS)
      },
      data: () => undefined,
    },
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end())
  const text = JSON.stringify({ url: postgres.url, keeperPort: listener.port })
  writeFileSync(`${serverPath}.new`, text)
  renameSync(`${serverPath}.new`, serverPath)
  await Promise.race([over, postgres.exited])
  rmSync(serverPath, { force: true })
  deletePrograms()
}
