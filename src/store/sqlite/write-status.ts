import { SQLiteError } from 'bun:sqlite'
import { statSync } from 'node:fs'
import type { Degradation } from '~/domain/degradations.ts'
import { Fault } from '~/domain/faults.ts'
import { isDamage, isUnavailable } from '~/platform/sqlite-errors.ts'

const PROBE_INTERVAL_MS = 5000

interface Parts {
  readonly path: string
  /** Writes a row and waits until it is on disk. */
  readonly probe: () => Promise<unknown>
  readonly onError: (error: unknown) => void
}

/** Knows whether the database can be written. After a failure, tries until it can. */
export function createWriteStatus({ path, probe, onError }: Parts) {
  const inode = statSync(path).ino
  let failure: Degradation | null = null
  let timer: Timer | null = null

  async function check(): Promise<void> {
    try {
      await probe()
      failure = null
    } catch (error) {
      fail(error)
    }
  }

  function fail(error: unknown): void {
    const next = toDegradation(error)
    if (next === null) return
    // The first failure is reported, not each one after it.
    if (failure?.reason !== next.reason) onError(error)
    failure = next
    timer ??= setTimeout(() => {
      timer = null
      void check()
    }, PROBE_INTERVAL_MS).unref()
  }

  return {
    check,
    fail,
    /** Throws a Fault if the open file is no longer the one at the path: changes would be lost. */
    requireInPlace: () => {
      if (statSync(path, { throwIfNoEntry: false })?.ino === inode) return
      const detail = `${path} was moved, replaced or deleted while Licet was using it, so nothing can be changed. Restart the server.`
      throw new Fault('unavailable', detail)
    },
    list: (): readonly Degradation[] => (failure === null ? [] : [failure]),
    close: () => {
      if (timer !== null) clearTimeout(timer)
    },
  }
}

/** Returns null for an error that says nothing about the file. */
function toDegradation(error: unknown): Degradation | null {
  const cause = error instanceof Fault ? (error.cause ?? error) : error
  const still = 'Known license keys can still be validated.'
  if (cause instanceof SQLiteError && cause.code === 'SQLITE_FULL') {
    const detail = `The disk is full, so nothing can be changed. ${still} Free some space.`
    return { reason: 'disk_full', detail }
  }
  const isStorage = cause instanceof Fault || isUnavailable(cause) || isDamage(cause)
  if (!isStorage) return null
  const detail = `The database cannot be written: ${cause instanceof Error ? cause.message : cause}. ${still}`
  return { reason: 'database_unwritable', detail }
}
