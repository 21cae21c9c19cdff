import { existsSync, statSync } from 'node:fs'
import { Fault, reasonOf } from '~/domain/faults.ts'
import type { Settings } from '~/platform/config.ts'
import type { BackupLocation } from '~/platform/config-backups.ts'
import { createDataDirectory } from '~/platform/data-directory.ts'
import { findMasterSecret, masterSecretPath } from '~/platform/secrets.ts'
import { createVault } from '~/platform/vault.ts'
import { fetchUsage, type SourceKeys } from '~/server/shipping/source.ts'
import { openWorkspace, type Workspace } from '~/server/shipping/workspace.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { createCopy } from '~/store/sqlite/files/backup.ts'
import { firstProblem, inspectDatabase } from '~/store/sqlite/files/inspect.ts'
import { lockDirectory } from '~/store/sqlite/files/lock.ts'
import { replaceDatabase } from '~/store/sqlite/files/restore.ts'
import { findUsageFile } from '~/usage/upgrade.ts'
import {
  type FetchedBackup,
  fetchSource,
  isFolder,
  parseSource,
  readSourceKeys,
  type SourceOptions,
  sourceHelp,
  sourceOptions,
} from './backup-source.ts'
import { readConfirmed } from './confirmed-events.ts'
import { requireOwnFiles } from './data-directory.ts'
import { printLine } from './print.ts'
import type { AddCommand } from './program.ts'
import { reportLoss } from './restore-report.ts'

const confirmedHelp = `
After the restore, the command lists what the previous database has and the restored one lacks. The file or
https URL of --confirmed has one event per line: its ID, or the body of its webhook request, or the ID of a
license and its last sequence that you have seen.
`

interface RestoreOptions extends SourceOptions {
  readonly confirmed?: readonly string[]
}

export const addRestore: AddCommand = (program, readSettings) => {
  program
    .command('restore')
    .description('replace the database with a backup; stop the server first')
    .argument(
      '[source]',
      'a backup: a file, or s3://bucket/key. With --latest, a folder or s3://bucket/prefix (default: LICET_BACKUP_TO)',
      parseSource,
    )
    .option(...sourceOptions.latest)
    .option(...sourceOptions.identity)
    .option(
      '--confirmed <file-or-url>',
      'events that your webhook receivers have confirmed, to report which are missing; may be repeated',
      (text: string, previous: readonly string[] = []) => [...previous, text],
    )
    .addHelpText('after', confirmedHelp + sourceHelp)
    .action(async (location: BackupLocation | undefined, options: RestoreOptions, command) => {
      const settings = readSettings()
      requireOwnFiles(settings, 'Restore it with pg_restore, or to a point in time.')
      if (location === undefined && options.latest !== true) {
        command.error("error: missing required argument 'source', or --latest")
      }
      if (options.latest !== true) requireNoFolder(location)
      const confirmed = await readAllConfirmed(options)
      const { source, kept, usage } = await restore(settings, location ?? null, options)
      printLine(`Restored ${source}.`)
      if (kept !== null) printLine(`The previous database is kept for 90 days: ${kept}`)
      if (usage !== null) printLine(usage)
      const restored = databasePath(settings.config.dataDir)
      for (const line of reportLoss(restored, kept, confirmed)) printLine(line)
    })
}

/** Returns null if there are none. */
async function readAllConfirmed({ confirmed }: RestoreOptions) {
  if (confirmed === undefined) return null
  return (await Promise.all(confirmed.map(readConfirmed))).flat()
}

function requireNoFolder(location: BackupLocation | undefined): void {
  if (location?.kind !== 'folder' || !isFolder(location)) return
  const detail = `There is no file ${location.path}: it is a folder. Name a backup in it, or use --latest.`
  throw new Fault('not_found', detail)
}

interface Restored {
  readonly source: string
  /** The path of the previous database; null if there was none. */
  readonly kept: string | null
  /** A sentence about the usage file; null if it stays as it is. */
  readonly usage: string | null
}

async function restore(
  settings: Settings,
  location: BackupLocation | null,
  options: SourceOptions,
): Promise<Restored> {
  const { dataDir } = settings.config
  const file = location?.kind === 'folder' && options.latest !== true ? location.path : null
  if (file !== null) requireFile(file, dataDir)
  const secret = findMasterSecret(settings.secrets, dataDir)
  if (secret === null) {
    const detail = `The master secret of the backup is missing. Put it in ${masterSecretPath(dataDir)}, or set LICET_MASTER_SECRET.`
    throw new Fault('not_found', detail)
  }
  const keys = await readSourceKeys(settings, options)
  createDataDirectory(dataDir)
  using _lock = lockDirectory(dataDir, `A server is using ${dataDir}. Stop it, then restore again.`)
  using workspace = openWorkspace(dataDir)
  const { check } = createVault(secret)
  const found = await fetchSource(settings, location, options, workspace, keys, check)
  const source = file ?? `${found.name} from ${found.target.name}`
  const problem = firstProblem(inspectDatabase(found.path, check, 'use'))
  if (problem !== null) throw new Fault('unavailable', `${source} cannot be restored: ${problem}`)
  const usage = await prepareUsage(found, workspace, keys, dataDir)
  const kept = replaceDatabase(dataDir, found.path, Date.now())
  return { source, kept, usage: usage?.() ?? null }
}

function requireFile(file: string, dataDir: string): void {
  const found = statSync(file, { throwIfNoEntry: false })
  if (!found?.isFile()) throw new Fault('not_found', `There is no file ${file}.`)
  // Perhaps under another name.
  const database = statSync(databasePath(dataDir), { throwIfNoEntry: false })
  if (database?.ino === found.ino && database.dev === found.dev) {
    const detail = `${file} is the database itself. Choose a file created by licet backup.`
    throw new Fault('in_use', detail)
  }
}

/**
 * Fetches the usage file of a backup, if there is one. Returns what puts it in place; null if there is
 * none. A usage file that is there already stays.
 */
async function prepareUsage(
  source: FetchedBackup,
  workspace: Workspace,
  keys: SourceKeys,
  dataDir: string,
): Promise<(() => string) | null> {
  const target = findUsageFile(dataDir)
  if (existsSync(target)) return null
  const path = await fetchUsage(source, workspace, keys)
  if (path === null) return null
  const damage = firstProblem(inspectDatabase(path, null, 'file'))
  if (damage !== null) {
    const detail = `The usage history of the backup was not restored, because it is damaged: ${damage}.`
    return () => detail
  }
  // The database is restored by then, and the report about it must not be lost.
  return () => {
    try {
      createCopy(path, target)
      return 'Restored its usage history.'
    } catch (error) {
      return `The usage history of the backup was not restored: ${reasonOf(error)}.`
    }
  }
}
