import { statSync } from 'node:fs'
import { basename } from 'node:path'
import type { Degradation } from '~/domain/degradations.ts'
import { Fault, reasonOf } from '~/domain/faults.ts'
import { isDamage, isUnavailable } from '~/platform/sqlite-errors.ts'

const PROBE_INTERVAL_MS = 5000
const PLACE_CHECK_MS = 1000
/** Changes in a log that was deleted would be lost, and without the index processes do not see locks. */
const PARTS = ['', '-wal', '-shm']

interface Parts {
  readonly path: string
  /** Writes a row and waits until it is on disk. */
  readonly probe: () => Promise<unknown>
  /** Moves the log into the database file. */
  readonly foldLog: () => void
  readonly onError: (error: unknown) => void
}

/** Knows whether the database can be written. After a failure, tries until it can. */
export function createWriteStatus({ path, probe, foldLog, onError }: Parts) {
  const findMissing = createPlaceCheck(path)
  let failure: Degradation | null = null
  let timer: Timer | null = null

  async function check(): Promise<void> {
    try {
      await probe()
      // Damage does not go away by itself.
      if (failure?.reason !== 'database_damaged') failure = null
    } catch (error) {
      fail(error)
    }
  }

  function fail(error: unknown): void {
    const next = toDegradation(error)
    if (next === null) return
    if (failure?.reason === 'database_damaged') return
    // The first failure is reported, not each one after it.
    if (failure?.reason !== next.reason) onError(error)
    failure = next
    timer ??= setTimeout(() => {
      timer = null
      void check()
    }, PROBE_INTERVAL_MS).unref()
  }

  function requireInPlace(): void {
    const missing = findMissing()
    if (missing === null) return
    const detail = `${missing} was moved, replaced or deleted while Licet was using it, so nothing can be changed. Restart the server.`
    throw new Fault('unavailable', detail)
  }

  /** Also when nothing changes, because a crash would then lose what only a deleted log contains. */
  const placeTimer = setInterval(() => {
    try {
      requireInPlace()
    } catch (error) {
      fail(error)
      foldLog()
    }
  }, PLACE_CHECK_MS).unref()

  return {
    check,
    fail,
    requireInPlace,
    isInPlace: () => findMissing() === null,
    list: (): readonly Degradation[] => (failure === null ? [] : [failure]),
    close: () => {
      clearInterval(placeTimer)
      if (timer !== null) clearTimeout(timer)
    },
  }
}

/** Returns a function that names an open file which is no longer the one at its path; null if none is. */
function createPlaceCheck(path: string): () => string | null {
  const findInode = (part: string) => statSync(path + part, { throwIfNoEntry: false })?.ino
  const inodes = PARTS.map((part) => [part, findInode(part)] as const)
  return () => {
    const missing = inodes.find(([part, inode]) => inode !== undefined && findInode(part) !== inode)
    return missing === undefined ? null : `${basename(path)}${missing[0]}`
  }
}

function isFull(error: unknown): boolean {
  const codes = ['SQLITE_FULL', 'ENOSPC']
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}

/** Returns null for an error that says nothing about the file. */
function toDegradation(error: unknown): Degradation | null {
  const cause = error instanceof Fault ? (error.cause ?? error) : error
  const still = 'Known license keys can still be validated.'
  if (isFull(cause)) {
    const detail = `The disk is full, so nothing can be changed. ${still} Free some space.`
    return { reason: 'disk_full', detail }
  }
  if (isDamage(cause)) {
    const detail = `The database is damaged: ${cause.message}. What is in the other parts of the file still works. Stop the server, run licet check, and restore a backup.`
    return { reason: 'database_damaged', detail }
  }
  const isStorage = cause instanceof Fault || isUnavailable(cause)
  if (!isStorage) return null
  const detail = `The database cannot be written: ${reasonOf(cause)}. ${still} Check the disk, and who may write to the data directory.`
  return { reason: 'database_unwritable', detail }
}
