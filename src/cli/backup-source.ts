import { statSync } from 'node:fs'
import { Fault } from '~/domain/faults.ts'
import type { Settings } from '~/platform/config.ts'
import { type BackupLocation, parseLocation } from '~/platform/config-backups.ts'
import { readBytes } from '~/platform/config-values.ts'
import { parseIdentities } from '~/server/shipping/encryption.ts'
import { findOwner } from '~/server/shipping/owner.ts'
import {
  type BackupSource,
  fetchBackup,
  fetchLatest,
  openSource,
  type SourceKeys,
} from '~/server/shipping/source.ts'
import { openTarget } from '~/server/shipping/target.ts'
import type { Workspace } from '~/server/shipping/workspace.ts'
import { asArgument } from './options.ts'
import { askPassphrase } from './passphrase.ts'

export const sourceOptions = {
  identity: ['--identity <file>', 'file of age-keygen with the secret key of an encrypted backup'],
  latest: ['--latest', 'take the newest intact backup of a folder or bucket'],
} as const

export const sourceHelp = `
The passphrase of an encrypted backup is read from LICET_BACKUP_PASSPHRASE, from
LICET_BACKUP_PASSPHRASE_FILE, or from the terminal. Downloaded and decrypted copies are in a private folder
of the data directory, and are deleted when the command ends. For S3, set the same variables as for
scheduled backups: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT.`

export interface SourceOptions {
  readonly identity?: string
  readonly latest?: true
}

/** Parses a file, a folder, or s3://bucket/key, given as an argument. */
export const parseSource = (text: string): BackupLocation =>
  asArgument(() => {
    try {
      return parseLocation(text)
    } catch {
      const detail = 'Use a file, a folder, or a bucket and key such as s3://my-bucket/licet.'
      throw new Fault('validation_failed', detail)
    }
  })

export const isFolder = (location: BackupLocation): boolean =>
  location.kind === 'folder' &&
  statSync(location.path, { throwIfNoEntry: false })?.isDirectory() === true

/** Reads the secrets that may decrypt a backup. Asks for a passphrase once, only if one is needed. */
export async function readSourceKeys(
  { secrets }: Settings,
  { identity }: SourceOptions,
): Promise<SourceKeys> {
  const { backupKey } = secrets
  let asked: Promise<string> | null = null
  return {
    identities: identity === undefined ? [] : await readIdentities(identity),
    passphrases: backupKey?.kind === 'passphrase' ? [backupKey.passphrase] : [],
    askPassphrase: () => {
      asked ??= askPassphrase('Passphrase of the backup: ')
      return asked
    },
  }
}

function readIdentities(path: string): Promise<readonly string[]> {
  let text: string
  try {
    text = readBytes(path).toString('utf8')
  } catch (cause) {
    throw new Fault('not_found', `The file ${path} of --identity cannot be read.`, { cause })
  }
  return parseIdentities(text, path)
}

export interface FetchedBackup extends BackupSource {
  /** The database, not encrypted. */
  readonly path: string
}

/** Fetches a backup, or the latest one. Prints which newer ones are damaged. */
export async function fetchSource(
  settings: Settings,
  location: BackupLocation | null,
  { latest }: SourceOptions,
  workspace: Workspace,
  keys: SourceKeys,
  secretCheck: string | null,
): Promise<FetchedBackup> {
  const { dataDir, backups } = settings.config
  if (latest !== true && location !== null) {
    const source = openSource(location, dataDir)
    return { ...source, path: await fetchBackup(source, workspace, keys) }
  }
  const target = openTarget(location ?? backups.to, dataDir)
  const wanted = { secretCheck, owner: findOwner(dataDir), nowMs: Date.now() }
  const found = await fetchLatest(target, workspace, keys, wanted)
  for (const reason of found.skipped) process.stderr.write(`Skipped ${reason}\n`)
  return found
}
