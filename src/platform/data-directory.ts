import {
  accessSync,
  constants,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { reasonOf } from '~/domain/faults.ts'
import { ConfigError } from './config.ts'
import { giveToOwner, syncPath } from './sqlite-files.ts'

/**
 * Creates the data directory, for its owner only, unless it exists. Throws ConfigError if it cannot
 * be created or written to.
 */
export function createDataDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    const reason = reasonOf(error)
    throw new ConfigError(`LICET_DATA_DIR cannot be used: ${reason}`)
  }
}

/** Lists the secret files of the data directory that other users of this machine may read. */
export function listExposedFiles(directory: string): readonly string[] {
  // Windows has no such mode: a directory passes its permissions on.
  if (process.platform === 'win32') return []
  return ['master.secret', 'admin.token', 'licet.sqlite']
    .map((name) => join(directory, name))
    .filter((path) => ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o044) !== 0)
}

/**
 * Writes a file that only its owner can read: completely or not at all, and on disk before it
 * returns. Otherwise a power cut could lose a secret that data was already encrypted with. A function
 * gets the file while it is empty, which keeps its inode.
 */
export function writePrivateFile(path: string, text: string | ((empty: string) => string)): void {
  const unfinished = `${path}.unfinished`
  if (typeof text === 'string') writeFileSync(unfinished, text, { mode: 0o600 })
  else {
    rmSync(unfinished, { force: true })
    writeFileSync(unfinished, '', { mode: 0o600 })
    writeFileSync(unfinished, text(unfinished))
  }
  giveToOwner(unfinished)
  syncPath(unfinished)
  renameSync(unfinished, path)
  syncPath(dirname(path))
}
