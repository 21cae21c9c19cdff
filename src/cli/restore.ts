import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { Fault } from '~/domain/faults.ts'
import type { Settings } from '~/platform/config.ts'
import { createDataDirectory } from '~/platform/data-directory.ts'
import { findMasterSecret, masterSecretPath } from '~/platform/secrets.ts'
import { createVault } from '~/platform/vault.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { firstProblem, inspectDatabase } from '~/store/sqlite/files/inspect.ts'
import { lockDirectory } from '~/store/sqlite/files/lock.ts'
import { replaceDatabase } from '~/store/sqlite/files/restore.ts'
import { requireOwnFiles } from './data-directory.ts'
import { printLine } from './print.ts'
import type { AddCommand } from './program.ts'

export const addRestore: AddCommand = (program, readSettings) => {
  program
    .command('restore')
    .description('replace the database with a backup; stop the server first')
    .argument('<file>', 'a file created by licet backup')
    .action((file: string) => {
      const settings = readSettings()
      requireOwnFiles(settings, 'Restore it with pg_restore, or to a point in time.')
      const kept = restore(settings, resolve(file))
      printLine(`Restored ${resolve(file)}.`)
      if (kept !== null) printLine(`The previous database was kept: ${kept}`)
    })
}

/** Restores a backup. Returns the path of the previous database; null if there was none. */
function restore({ config, secrets }: Settings, file: string): string | null {
  const { dataDir } = config
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
    throw new Fault('not_found', `There is no file ${file}.`)
  }
  if (file === databasePath(dataDir)) {
    const detail = `${file} is the database itself. Choose a file created by licet backup.`
    throw new Fault('in_use', detail)
  }
  const secret = findMasterSecret(secrets, dataDir)
  if (secret === null) {
    const detail = `The master secret of the backup is missing. Put it in ${masterSecretPath(dataDir)}, or set LICET_MASTER_SECRET.`
    throw new Fault('not_found', detail)
  }
  createDataDirectory(dataDir)
  using _lock = lockDirectory(dataDir, `A server is using ${dataDir}. Stop it, then restore again.`)
  const problem = firstProblem(inspectDatabase(file, createVault(secret).check, 'use'))
  if (problem !== null) throw new Fault('unavailable', `${file} cannot be restored: ${problem}`)
  return replaceDatabase(dataDir, file, Date.now())
}
