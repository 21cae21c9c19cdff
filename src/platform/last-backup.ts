import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writePrivateFile } from './data-directory.ts'

const pathOf = (directory: string) => join(directory, 'last-backup')

/** Records in the data directory that a backup was completed. The server reports its age. */
export function recordBackup(directory: string, nowMs: number): void {
  writePrivateFile(pathOf(directory), `${new Date(nowMs).toISOString()}\n`)
}

/** Returns when the last backup was completed, in ms; null if there was none. */
export function findLastBackup(directory: string): number | null {
  try {
    const atMs = Date.parse(readFileSync(pathOf(directory), 'utf8').trim())
    return Number.isNaN(atMs) ? null : atMs
  } catch {
    // Without a readable record, a backup cannot be relied on.
    return null
  }
}
