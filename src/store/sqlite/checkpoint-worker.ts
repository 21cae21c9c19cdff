import { Database } from 'bun:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { BUSY_TIMEOUT_MS, databasePath } from './connection.ts'

/** Does what `checkpointer.ts` asks for. */

const client = new Database(databasePath(workerData), { readwrite: true, strict: true })
client.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
const query = client.query<{ checkpointed: number }, []>('PRAGMA wal_checkpoint(PASSIVE)')
let before = 0

parentPort?.on('message', (wish: 'checkpoint' | 'close') => {
  if (wish === 'checkpoint') parentPort?.postMessage(checkpoint())
  else {
    client.close()
    parentPort?.close()
  }
})

/** SQLite counts from the beginning of the log, which begins anew now and then. */
function checkpoint(): number {
  const now = Math.max(0, query.get()?.checkpointed ?? 0)
  const pages = now < before ? now : now - before
  before = now
  return pages
}
