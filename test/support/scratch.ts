import { mkdtempSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const MEMORY = '/dev/shm'
const ROOM_BYTES_MIN = 1_073_741_824

const root = memoryOr(tmpdir())

/** Creates a directory, in memory if possible, because every commit waits for a disk sync. */
export function createScratchDirectory(): string {
  return mkdtempSync(join(root, 'licet-test-'))
}

/** Returns a directory in memory if there is one with room, or else the given one. */
export function memoryOr(directory: string): string {
  return hasRoom() ? MEMORY : directory
}

function hasRoom(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY)
    return bavail * bsize >= ROOM_BYTES_MIN
  } catch {
    return false
  }
}
