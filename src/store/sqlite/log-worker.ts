import { Database } from 'bun:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { applyReadingPragmas, foldLog } from './connection.ts'
import type { LogCall, LogReply } from './log-folder.ts'

/** The Worker thread that moves the write-ahead log into the database: see `log-folder.ts`. */

const db = new Database(workerData, { readwrite: true, create: false, strict: true })
applyReadingPragmas(db)
// FULL: the log is only overwritten once its contents are on disk in the database.
db.run('PRAGMA synchronous = FULL')

parentPort?.on('message', (call: LogCall) => parentPort?.postMessage(run(call)))

function run(call: LogCall): LogReply {
  try {
    if (call === 'close') db.close()
    else foldLog(db, 'PASSIVE')
    return { error: null }
  } catch (error) {
    return { error: Bun.inspect(error) }
  }
}
