import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { recordBackup } from '~/platform/last-backup.ts'
import { masterSecretPath } from '~/platform/secrets.ts'
import { backUp } from '~/server/backup.ts'
import { lowerPriority } from '~/server/priority.ts'
import { findUsageFile } from '~/usage/upgrade.ts'
import { requireOwnFiles } from './data-directory.ts'
import { requireNewPath, requireWritable } from './new-file.ts'
import { printLine } from './print.ts'
import type { AddCommand } from './program.ts'
import { requireDatabase } from './runtime.ts'

const backupContents = `
The backup contains the whole database with its usage counters, but not the master secret and not
the history of individual validations.`

export const addBackup: AddCommand = (program, readSettings) => {
  program
    .command('backup')
    .description('back up the database to a file, even while the server is running')
    .argument('<file>', 'the backup to create; it must not exist yet')
    .addHelpText('after', backupContents)
    .action((file: string) => {
      const settings = readSettings()
      requireOwnFiles(settings, 'Back it up with pg_dump, or with continuous archiving.')
      const { dataDir } = settings.config
      requireDatabase(dataDir)
      lowerPriority()
      const target = resolve(file)
      requireNewPath(target)
      // SQLite would only say that it cannot open a file, and name a temporary one.
      requireWritable(dirname(target))
      const warning = backUp({
        dataDir,
        target,
        unfinished: `${target}.${process.pid}.unfinished`,
      })
      if (warning !== null) process.stderr.write(`${warning}\n`)
      tryToRecord(dataDir)
      printLine(`Backed up to ${target} (${statSync(target).size} bytes, integrity checked).`)
      process.stderr.write(`The backup does not contain:
- the master secret, which is needed to restore it: keep a copy of ${masterSecretPath(dataDir)}
  (or of LICET_MASTER_SECRET) in another place;
- the history of individual validations (${findUsageFile(dataDir)}).
`)
    })
}

/** The backup is complete, even if the disk of the data directory is full. */
function tryToRecord(dataDir: string): void {
  try {
    recordBackup(dataDir, Date.now())
  } catch (error) {
    process.stderr.write(
      `The metric of the last backup was not updated: ${error instanceof Error ? error.message : error}\n`,
    )
  }
}
