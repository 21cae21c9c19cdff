import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { reasonOf } from '~/domain/faults.ts'
import { toFileStamp } from '~/domain/times.ts'
import { ConfigError, type Secrets } from './config.ts'
import { parseMasterSecret } from './config-values.ts'
import { writePrivateFile } from './data-directory.ts'

const MASTER_SECRET_BYTES = 32

export function masterSecretPath(directory: string): string {
  return join(directory, 'master.secret')
}

/** Returns the path of the secret that replaces the one of a data directory. */
export const nextSecretPath = (directory: string) => join(directory, 'master.secret.next')

export const hasNextSecret = (directory: string) => existsSync(nextSecretPath(directory))

/** Returns the secret that is to replace the one of a data directory; null if there is none. */
export function findNextSecret(directory: string): Uint8Array | null {
  return hasNextSecret(directory) ? readMasterSecret(nextSecretPath(directory)) : null
}

/** Returns the secret in a file. Without the file, creates both: the secret is on disk then. */
export function openSecretFile(path: string): Uint8Array {
  if (!existsSync(path)) writeSecret(path, randomBytes(MASTER_SECRET_BYTES))
  return readMasterSecret(path)
}

/** Replaces the secret of a data directory, and keeps the former one, which older backups need. */
export function replaceMasterSecret(
  directory: string,
  former: Uint8Array,
  next: Uint8Array,
  startedAtMs: number,
): void {
  const stamp = toFileStamp(startedAtMs)
  const kept = join(directory, `master.secret.before-${stamp}`)
  if (!existsSync(kept)) writeSecret(kept, former)
  writeSecret(masterSecretPath(directory), next)
}

/** Puts a secret where the server of a data directory looks for the next one. */
export const saveNextSecret = (directory: string, next: Uint8Array) =>
  writeSecret(nextSecretPath(directory), next)

export function removeNextSecret(directory: string): void {
  rmSync(nextSecretPath(directory), { force: true })
}

const writeSecret = (path: string, secret: Uint8Array) =>
  writePrivateFile(path, `${Buffer.from(secret).toString('base64')}\n`)

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
  writeSecret(path, secret)
  return secret
}

function readMasterSecret(path: string): Uint8Array {
  try {
    return parseMasterSecret(readFileSync(path, 'utf8').trim())
  } catch (error) {
    throw new ConfigError(`${path}: ${reasonOf(error)}`)
  }
}
