import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { type Config, ConfigError, masterSecret, type Secrets } from './config.ts'
import { randomBytes } from './deps.ts'

const MASTER_SECRET_BYTES = 32

/** Creates the directory, readable by its owner alone, unless it is there. */
export function createDataDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
}

/**
 * The master secret of the environment, else the one in the data directory, made at the first start.
 * Throws ConfigError when a database is there and its secret is not: a new one could read nothing.
 */
export function findMasterSecret(
  { dataDir }: Config,
  { masterSecret: given }: Secrets,
): Uint8Array {
  if (given !== null) return given
  const path = join(dataDir, 'master.secret')
  if (existsSync(path)) return readMasterSecret(path)
  if (existsSync(join(dataDir, 'licet.sqlite'))) {
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

/** On disk before it returns, so that nothing is ever sealed by a secret that a power cut took. */
export function writePrivateFile(path: string, text: string): void {
  const file = openSync(path, 'w', 0o600)
  try {
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
