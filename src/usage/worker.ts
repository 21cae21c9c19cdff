import { SQLiteError } from 'bun:sqlite'
import { existsSync, statSync } from 'node:fs'
import { setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { isBusy, isDamage, isUnavailable } from '~/platform/sqlite-errors.ts'
import type { UsageCall, UsageReply, WorkerOptions } from './client.ts'
import { openUsageFile, type UsageFile, usagePath } from './file.ts'
import { prepareUsageFile, replaceUsageFile } from './prepare.ts'
import type { SetAside } from './set-aside.ts'

/** The Worker thread that owns the usage file. It runs the calls of `client.ts` one by one. */

/** No request waits for its writes, so it yields to the threads that respond. */
const NICENESS = 10
/** Queries do not wait for writers. Once one meets a lock, the next ones fail without waiting. */
const LOCKED_PAUSE_MS = 500
const notQueries: readonly (keyof UsageFile)[] = [
  'readLastBatch',
  'readLastOfEdge',
  'write',
  'foldDue',
  'trim',
  'erase',
  'foldLog',
]

const { directory, databasePath, isLocked }: WorkerOptions = workerData
const path = usagePath(directory)
const options = { directory, databasePath, isLocked, beforeMigrating: refuseWithoutLock }
let file: UsageFile | null = null
/** The file that is open, which may no longer be the one at the path. */
let inode = 0
/** The damage that was found in the file. The next call sets it aside. */
let damage: string | null = null
let locked: unknown = null
let lockedUntilMs = 0

lowerPriority()
parentPort?.on('message', (call: UsageCall) => send(run(call)))

function send(reply: UsageReply): void {
  parentPort?.postMessage(JSON.stringify(reply))
}

function run([id, name, args]: UsageCall): UsageReply {
  let opened: UsageFile | null = null
  try {
    if (name === 'close') {
      close()
      return { id, value: null }
    }
    if (!notQueries.includes(name) && performance.now() < lockedUntilMs) throw locked
    opened = findOpenFile() ?? open()
    const method: (...args: never) => unknown = opened[name]
    return { id, value: method(...(args as never)) ?? null }
  } catch (error) {
    if (opened !== null) damage = findDamage(error)
    if (isBusy(error) && !notQueries.includes(name)) {
      locked = error
      lockedUntilMs = performance.now() + LOCKED_PAUSE_MS
    }
    // Without a file, the call did not even begin.
    const canRepeat = opened === null || damage !== null || isUnavailable(error)
    return { id, error: canRepeat ? String(error) : Bun.inspect(error), isUnavailable: canRepeat }
  }
}

/** Returns a message if the file does not contain what this program has written; else null. */
function findDamage(error: unknown): string | null {
  if (!(error instanceof SQLiteError)) return null
  const { message } = error
  return isDamage(error) || /^no such/.test(message) ? message : null
}

/** Returns the open file, unless it is damaged or another file has taken its place. */
function findOpenFile(): UsageFile | null {
  if (file === null || damage !== null) return null
  if (!existsSync(path)) file.rewrite()
  return statSync(path).ino === inode ? file : null
}

function open(): UsageFile {
  close()
  const isReplaced = damage !== null && isLocked
  const setAside: SetAside | null = isReplaced
    ? replaceUsageFile(options, 'damaged', damage ?? '')
    : prepareUsageFile(options)
  damage = null
  file = openUsageFile(directory, options)
  inode = statSync(path).ino
  send({ opened: true, setAside })
  return file
}

function close(): void {
  const closing = file
  file = null
  closing?.close()
}

function refuseWithoutLock(): void {
  if (!isLocked) throw new Error('Only a server may migrate the usage file.')
}

function lowerPriority(): void {
  // On other systems this would change the priority of the whole process.
  if (process.platform !== 'linux') return
  try {
    setPriority(NICENESS)
  } catch {
    // A sandbox may forbid it. Then the Worker runs at normal priority.
  }
}
