import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { buildShippedName, isEncryptedName } from '~/domain/backup-names.ts'
import { Fault, reasonOf } from '~/domain/faults.ts'
import type { Settings } from '~/platform/config.ts'
import { type BackupLocation, splitLocation } from '~/platform/config-backups.ts'
import { recordBackup } from '~/platform/last-backup.ts'
import { masterSecretPath } from '~/platform/secrets.ts'
import { backUp } from '~/server/backup.ts'
import { lowerPriority } from '~/server/priority.ts'
import { openOwner } from '~/server/shipping/owner.ts'
import { ship } from '~/server/shipping/ship.ts'
import { openTarget } from '~/server/shipping/target.ts'
import { findUsageFile } from '~/usage/upgrade.ts'
import { isFolder, parseSource } from './backup-source.ts'
import { requireOwnFiles } from './data-directory.ts'
import { requireNewPath, requireWritable } from './new-file.ts'
import { printLine } from './print.ts'
import type { AddCommand } from './program.ts'
import { requireDatabase } from './runtime.ts'

const BACKUP_NAME = /\.sqlite(?:\.age)?$/

const backupContents = `
The backup contains the whole database with its usage counters, but not the master secret and not
the history of individual validations. With LICET_BACKUP_USAGE=true, that history is in a file beside
it. With LICET_BACKUP_RECIPIENT or LICET_BACKUP_PASSPHRASE, the backup is encrypted, and its name must
end in .age. A backup in a folder or on S3 gets a name with its time. For S3, set AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY, AWS_REGION and, if the service is not Amazon's, AWS_ENDPOINT.`

export const addBackup: AddCommand = (program, readSettings) => {
  program
    .command('backup')
    .description('back up the database, even while the server is running')
    .argument(
      '<target>',
      'the file to create, which must not exist yet, or a folder, or s3://bucket/prefix',
      parseSource,
    )
    .addHelpText('after', backupContents)
    .action(async (location: BackupLocation) => {
      const settings = readSettings()
      requireOwnFiles(settings, 'Back it up with pg_dump, or with continuous archiving.')
      const { dataDir } = settings.config
      requireDatabase(dataDir)
      lowerPriority()
      const plan = planBackup(settings, location)
      const warning =
        plan.kind === 'file' ? writeFile(dataDir, plan.path) : await shipBackup(settings, plan)
      if (warning !== null) process.stderr.write(`${warning}\n`)
      tryToRecord(dataDir)
      describeLack(settings)
    })
}

type Plan =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'shipment'; readonly location: BackupLocation; readonly name: string }

/** Returns how a backup is made. A plain file takes no copy in the data directory, whose disk may be full. */
function planBackup({ config, secrets }: Settings, location: BackupLocation): Plan {
  const isEncrypted = secrets.backupKey !== null
  const { folder, name } = splitLocation(location)
  if (location.kind === 'folder' ? isFolder(location) : !BACKUP_NAME.test(name)) {
    const owner = openOwner(config.dataDir, (warning) => process.stderr.write(`${warning}\n`))
    return { kind: 'shipment', location, name: buildShippedName(Date.now(), owner, isEncrypted) }
  }
  if (location.kind === 'folder') {
    requireNewPath(location.path)
    // SQLite would only say that it cannot open a file, and name a temporary one.
    requireWritable(dirname(location.path))
  }
  requireFittingName(name, isEncrypted)
  const isPlain = !isEncrypted && !config.backups.includesUsage
  if (location.kind === 'folder' && isPlain) return { kind: 'file', path: location.path }
  return { kind: 'shipment', location: folder, name }
}

/** Throws a Fault for a name that makes an encrypted file look like a database, or the reverse. */
function requireFittingName(name: string, isEncrypted: boolean): void {
  if (isEncryptedName(name) === isEncrypted) return
  const detail = isEncrypted
    ? `The backup is encrypted, so its name must end in .age: ${name}.age. To make one that is not, unset LICET_BACKUP_RECIPIENT and LICET_BACKUP_PASSPHRASE.`
    : `To encrypt ${name}, set LICET_BACKUP_RECIPIENT or LICET_BACKUP_PASSPHRASE. Otherwise choose a name that does not end in .age.`
  throw new Fault('validation_failed', detail)
}

function writeFile(dataDir: string, target: string): string | null {
  const warning = backUp({ dataDir, target, unfinished: `${target}.${process.pid}.unfinished` })
  printLine(`Backed up to ${target} (${statSync(target).size} bytes, integrity checked).`)
  return warning
}

async function shipBackup(
  { config, secrets }: Settings,
  { location, name }: Extract<Plan, { kind: 'shipment' }>,
): Promise<string | null> {
  const { dataDir, backups } = config
  const target = openTarget(location, dataDir)
  if (await target.has(name)) {
    throw new Fault(
      'already_exists',
      `${name} already exists in ${target.name}. Choose another name.`,
    )
  }
  const { includesUsage } = backups
  const key = secrets.backupKey
  const made = { dataDir, location, name, key, includesUsage, retention: null }
  const { bytes, warning } = await ship(made)
  const checks = key === null ? 'integrity checked' : 'integrity checked, encrypted'
  printLine(`Backed up to ${target.name}/${name} (${bytes} bytes, ${checks}, read back).`)
  return warning
}

function describeLack({ config: { dataDir, backups } }: Settings): void {
  process.stderr.write(`The backup does not contain:
- the master secret, which is needed to restore it: keep a copy of ${masterSecretPath(dataDir)}
  (or of LICET_MASTER_SECRET) in another place${backups.includesUsage ? '.' : ';'}
`)
  if (backups.includesUsage) return
  process.stderr.write(`- the history of individual validations (${findUsageFile(dataDir)}).\n`)
}

/** The backup is complete, even if the disk of the data directory is full. */
function tryToRecord(dataDir: string): void {
  try {
    recordBackup(dataDir, Date.now())
  } catch (error) {
    process.stderr.write(`The metric of the last backup was not updated: ${reasonOf(error)}\n`)
  }
}
