import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { randomBytes } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { syncPath } from '~/store/sqlite/files/backup.ts'
import { ConfigError, masterSecret, type Secrets } from './config.ts'

const MASTER_SECRET_BYTES = 32

/**
 * Creates the directory, readable by its owner alone, unless it is there. Throws ConfigError where
 * nothing can be written.
 */
export function createDataDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ConfigError(`LICET_DATA_DIR cannot be used: ${reason}`)
  }
}

/** Throws a Fault where no server ever ran: the other commands begin nothing by accident. */
export function requireDatabase(directory: string): void {
  if (statSync(databasePath(directory), { throwIfNoEntry: false }) !== undefined) return
  throw new Fault(
    'not_found',
    `There is no database in ${directory}. Set LICET_DATA_DIR to where it is, or begin one with: licet serve`,
  )
}

export function masterSecretPath(directory: string): string {
  return join(directory, 'master.secret')
}

/** The master secret of the environment, else the one in the data directory, else null. */
export function findMasterSecret(
  { masterSecret: given }: Secrets,
  directory: string,
): Uint8Array | null {
  if (given !== null) return given
  const path = masterSecretPath(directory)
  return existsSync(path) ? readMasterSecret(path) : null
}

/**
 * The one at hand, or a new one for an empty data directory. Throws ConfigError when a database is
 * there and its secret is not: a new one could read nothing.
 */
export function openMasterSecret(secrets: Secrets, directory: string): Uint8Array {
  const found = findMasterSecret(secrets, directory)
  if (found !== null) return found
  const path = masterSecretPath(directory)
  if (existsSync(databasePath(directory))) {
    throw new ConfigError(
      `${path} is missing, and the database cannot be read without it. Put it back, or set LICET_MASTER_SECRET.`,
    )
  }
  const secret = randomBytes(MASTER_SECRET_BYTES)
  writePrivateFile(path, `${Buffer.from(secret).toString('base64')}\n`)
  return secret
}

function readMasterSecret(path: string): Uint8Array {
  try {
    return masterSecret(readFileSync(path, 'utf8').trim())
  } catch (error) {
    throw new ConfigError(`${path} ${error instanceof Error ? error.message : 'cannot be read'}`)
  }
}

/**
 * Whole or not at all, and on disk before it returns, so that nothing is ever sealed by a secret
 * that a power cut took.
 */
export function writePrivateFile(path: string, text: string): void {
  const unfinished = `${path}.unfinished`
  const file = openSync(unfinished, 'w', 0o600)
  try {
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(unfinished, path)
  syncPath(dirname(path))
}
