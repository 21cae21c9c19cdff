import { readdirSync, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { StorageSizes } from '~/domain/variables.ts'

/** Measures a data directory. A file that does not exist has 0 bytes. */
export function measureStorage(directory: string): StorageSizes {
  const bytesOf = (name: string) =>
    statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0
  return {
    databaseBytes: bytesOf('licet.sqlite'),
    databaseLogBytes: bytesOf('licet.sqlite-wal'),
    usageBytes: bytesOf('usage.sqlite'),
    usageLogBytes: bytesOf('usage.sqlite-wal'),
    backupsBytes: listNames(join(directory, 'backups'))
      .map((name) => bytesOf(join('backups', name)))
      .reduce((sum, bytes) => sum + bytes, 0),
    ...measureDisk(directory),
  }
}

function listNames(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    // There is no backup yet.
    return []
  }
}

/** Measures the disk of a directory. */
export function measureDisk(
  directory: string,
): Pick<StorageSizes, 'diskFreeBytes' | 'diskTotalBytes'> {
  try {
    const { bavail, blocks, bsize } = statfsSync(directory)
    return { diskFreeBytes: bavail * bsize, diskTotalBytes: blocks * bsize }
  } catch {
    return { diskFreeBytes: null, diskTotalBytes: null }
  }
}
