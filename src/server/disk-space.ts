import { resolve } from 'node:path'
import { Fault } from '~/domain/faults.ts'
import { measureDisk } from '~/platform/storage-sizes.ts'

const MIB = 1_048_576

/** Throws a Fault if a folder has no space for a backup: a full disk would also stop the server. */
export function requireSpace(folder: string, neededBytes: number): void {
  const { diskFreeBytes } = measureDisk(folder)
  if (diskFreeBytes === null || diskFreeBytes > neededBytes) return
  const detail = `The backup failed, because the disk of ${resolve(folder)} is full: it can take ${formatMib(neededBytes)}, but ${formatMib(diskFreeBytes)} are free. Free some space, or run licet backup with a file on another disk.`
  throw new Fault('unavailable', detail)
}

const formatMib = (bytes: number) => `${(bytes / MIB).toFixed(1)} MiB`
