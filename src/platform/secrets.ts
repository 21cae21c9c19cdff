import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError, type Secrets } from './config.ts'
import { parseMasterSecret } from './config-values.ts'
import { writePrivateFile } from './data-directory.ts'

const MASTER_SECRET_BYTES = 32

export function masterSecretPath(directory: string): string {
  return join(directory, 'master.secret')
}

/** Returns the configured master secret, else the one in the data directory, else null. */
export function findMasterSecret({ masterSecret }: Secrets, directory: string): Uint8Array | null {
  if (masterSecret !== null) return masterSecret
  const path = masterSecretPath(directory)
  return existsSync(path) ? readMasterSecret(path) : null
}

/**
 * Finds the master secret, or creates it for a new data directory. Throws ConfigError if there is a
 * database but no secret, because a new secret could not decrypt anything in it.
 */
export function openMasterSecret(secrets: Secrets, directory: string, hasDatabase: boolean) {
  const found = findMasterSecret(secrets, directory)
  if (found !== null) return found
  const path = masterSecretPath(directory)
  if (hasDatabase) {
    throw new ConfigError(
      `${path} is missing, and the database cannot be used without it. Restore it, or set LICET_MASTER_SECRET.`,
    )
  }
  const secret = randomBytes(MASTER_SECRET_BYTES)
  writePrivateFile(path, `${secret.toString('base64')}\n`)
  return secret
}

function readMasterSecret(path: string): Uint8Array {
  try {
    return parseMasterSecret(readFileSync(path, 'utf8').trim())
  } catch (error) {
    throw new ConfigError(`${path}: ${error instanceof Error ? error.message : error}`)
  }
}
