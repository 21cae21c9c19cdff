import { Database } from 'bun:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { BUSY_TIMEOUT_MS, databasePath } from './connection.ts'

/** Does what `checkpointer.ts` asks for. */

const client = new Database(databasePath(workerData), { readwrite: true, strict: true })
client.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
const checkpoint = client.query<{ checkpointed: number }, []>('PRAGMA wal_checkpoint(PASSIVE)')

parentPort?.on('message', (wish: 'checkpoint' | 'close') => {
  if (wish === 'checkpoint') parentPort?.postMessage(checkpoint.get()?.checkpointed ?? 0)
  else {
    client.close()
    parentPort?.close()
  }
})
