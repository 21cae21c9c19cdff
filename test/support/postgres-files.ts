import { readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryOr } from './scratch.ts'

const uid = process.getuid?.() ?? 0

/** Set by bun test --parallel. A transaction delays the events of the whole server, so workers share none. */
const worker = process.env.BUN_TEST_WORKER_ID ?? '0'
const checkout = Bun.hash(import.meta.dir).toString(36)

/** The directory of the PostgreSQL that the test files of a worker share. */
export const root = join(memoryOr(tmpdir()), `licet-postgres-${uid}-${checkout}-${worker}`)
export const lockPath = join(root, 'lock.sqlite')
export const serverPath = join(root, 'server.json')
export const failurePath = join(root, 'failure.txt')

export interface RunningServer {
  readonly url: string
  /** A connection to this port of the keeper keeps the server running. */
  readonly keeperPort: number
}

/** Returns the server that was started last; it may have ended. */
export function findServer(): RunningServer | null {
  const text = readText(serverPath)
  return text === null ? null : JSON.parse(text)
}

/** Returns why the server could not be started since then; null if it could. */
export function readFailure(sinceMs: number): string | null {
  const changed = statSync(failurePath, { throwIfNoEntry: false })
  return changed !== undefined && changed.mtimeMs >= sinceMs ? readText(failurePath) : null
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
