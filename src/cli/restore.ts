import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { Fault } from '~/domain/faults.ts'
import type { Settings } from '~/platform/config.ts'
import {
  createDataDirectory,
  findMasterSecret,
  masterSecretPath,
} from '~/platform/data-directory.ts'
import { createVault } from '~/platform/vault.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { firstProblem, inspectDatabase } from '~/store/sqlite/files/inspect.ts'
import { lockDirectory } from '~/store/sqlite/files/lock.ts'
import { replaceDatabase } from '~/store/sqlite/files/restore.ts'
import type { AddCommand } from './program.ts'

export const addRestore: AddCommand = (program, readSettings) => {
  program
    .command('restore')
    .description('put a backup in the place of the database, while no server runs')
    .argument('<file>', 'what licet backup wrote')
    .action((file: string) => {
      const kept = restore(readSettings(), resolve(file))
      console.log(`Restored ${resolve(file)}.`)
      if (kept !== null) console.log(`The database from before is kept: ${kept}`)
    })
}

/** Answers where the former database is kept; null when there was none. */
function restore({ config, secrets }: Settings, file: string): string | null {
  const { dataDir } = config
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
    throw new Fault('not_found', `There is no file ${file}.`)
  }
  if (file === databasePath(dataDir)) {
    throw new Fault('in_use', `${file} is the database itself. Give what licet backup wrote.`)
  }
  const secret = findMasterSecret(secrets, dataDir)
  if (secret === null) {
    throw new Fault(
      'not_found',
      `The master secret of the backup is needed. Put it into ${masterSecretPath(dataDir)}, or set LICET_MASTER_SECRET.`,
    )
  }
  createDataDirectory(dataDir)
  const unlock = lockDirectory(dataDir)
  if (unlock === null) {
    throw new Fault('in_use', `A server runs in ${dataDir}. Stop it, then restore again.`)
  }
  try {
    const problem = firstProblem(inspectDatabase(file, createVault(secret).check, 'use'))
    if (problem !== null) throw new Fault('unavailable', `${file} cannot be restored: ${problem}`)
    return replaceDatabase(dataDir, file, Date.now())
  } finally {
    unlock()
  }
}
