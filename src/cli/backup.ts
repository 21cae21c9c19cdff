import { SQLiteError } from 'bun:sqlite'
import { existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Fault } from '~/domain/faults.ts'
import { masterSecretPath, requireDatabase } from '~/platform/data-directory.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { copyDatabase, foldCounts, syncPath } from '~/store/sqlite/files/backup.ts'
import { firstProblem, inspectDatabase } from '~/store/sqlite/files/inspect.ts'
import { historyPath } from '~/store/sqlite/history.ts'
import type { AddCommand } from './program.ts'

export const addBackup: AddCommand = (program, readSettings) => {
  program
    .command('backup')
    .description(
      'copy the database to a file, also while the server runs; the master secret is kept apart',
    )
    .argument('<file>', 'the copy, which must not be there yet')
    .action((file: string) => {
      const { dataDir } = readSettings().config
      requireDatabase(dataDir)
      const target = resolve(file)
      backUp(dataDir, target)
      console.log(`${target}: ${statSync(target).size} bytes, checked`)
      process.stderr.write(`It is of use only with the master secret: keep a copy of that elsewhere
(${masterSecretPath(dataDir)}, or LICET_MASTER_SECRET).
The usage history (${historyPath(dataDir)}) is not in it.
`)
    })
}

/** The copy bears its name only once it is whole, sound and on disk. */
function backUp(dataDir: string, target: string): void {
  if (existsSync(target)) {
    throw new Fault('already_exists', `${target} is there already. Choose another name.`)
  }
  const unfinished = `${target}.${process.pid}.unfinished`
  rmSync(unfinished, { force: true })
  try {
    copyDatabase(databasePath(dataDir), unfinished)
    foldCounts(unfinished, historyPath(dataDir))
    const damage = firstProblem(inspectDatabase(unfinished, null, 'file'))
    if (damage !== null) {
      throw new Fault('unavailable', `The copy is damaged, so it was not kept: ${damage}`)
    }
    renameSync(unfinished, target)
    syncPath(dirname(target))
  } catch (error) {
    if (!(error instanceof SQLiteError)) throw error
    throw new Fault('unavailable', `The backup could not be made: ${error.message}.`, {
      cause: error,
    })
  } finally {
    rmSync(unfinished, { force: true })
  }
}
