import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { isShippedName, listLeftovers, toHashName } from '~/domain/backup-names.ts'
import { Fault } from '~/domain/faults.ts'
import { createFolder, moveFile, syncPath } from '~/platform/sqlite-files.ts'
import { hashFile, readHash, recordHash } from '../backup-hash.ts'
import { requireSpace } from '../disk-space.ts'
import type { BackupTarget } from './target.ts'

/** Other than that of backups over HTTP, which may be made in the same folder at the same time. */
const UNFINISHED = '.shipping'

/** Creates a target that is a folder, such as one on another disk. */
export function createFolderTarget(folder: string): BackupTarget {
  const run = <Result>(work: () => Result) => {
    const explain = (cause: unknown) => {
      if (!(cause instanceof Error && 'syscall' in cause)) return cause
      const detail = `The folder of backups ${folder} cannot be used: ${cause.message}. Check that it is there, that Licet may write to it, and that its disk is not full.`
      return new Fault('unavailable', detail, { cause })
    }
    try {
      return Promise.resolve(work())
    } catch (error) {
      return Promise.reject(explain(error))
    }
  }
  return {
    name: folder,
    prepare: (neededBytes) =>
      run(() => {
        if (!existsSync(folder)) createFolder(folder)
        accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
        requireSpace(folder, neededBytes)
      }),
    removeLeftovers: (owner) =>
      run(() => {
        const names = readdirSync(folder)
        // The name of a backup is only given to it when it is complete.
        for (const name of listLeftovers(names, owner, (each) => names.includes(each))) {
          rmSync(join(folder, name), { force: true })
        }
      }),
    list: () => run(() => listBackups(folder)),
    store: ({ path, name, sha256 }) =>
      run(() => {
        const target = join(folder, name)
        const unfinished = target + UNFINISHED
        try {
          moveFile(path, unfinished)
          syncPath(unfinished)
          if (hashFile(unfinished) !== sha256) throw notAsWritten(name, folder)
          recordHash(target, sha256)
          renameSync(unfinished, target)
          syncPath(folder)
        } catch (error) {
          rmSync(unfinished, { force: true })
          if (!existsSync(target)) rmSync(toHashName(target), { force: true })
          throw error
        }
      }),
    load: (name) => run(() => ({ path: join(folder, name), sha256: readHash(join(folder, name)) })),
    has: (name) => run(() => existsSync(join(folder, name))),
    delete: (name) =>
      run(() => {
        rmSync(join(folder, name), { force: true })
        rmSync(toHashName(join(folder, name)), { force: true })
      }),
  }
}

export function notAsWritten(name: string, target: string): Fault {
  const detail = `${name} was stored in ${target}, but what was read back is different, so it was discarded. Check that disk or service.`
  return new Fault('unavailable', detail)
}

function listBackups(folder: string) {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => isShippedName(name) && readHash(join(folder, name)) !== null)
    .flatMap((name) => {
      const file = statSync(join(folder, name), { throwIfNoEntry: false })
      return file?.isFile() ? [{ name, bytes: file.size }] : []
    })
}
