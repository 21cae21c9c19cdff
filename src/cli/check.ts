import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { Fault } from '~/domain/faults.ts'
import type { Settings } from '~/platform/config.ts'
import { findMasterSecret } from '~/platform/secrets.ts'
import { createVault } from '~/platform/vault.ts'
import { lowerPriority } from '~/server/priority.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { type Finding, firstProblem, inspectDatabase } from '~/store/sqlite/files/inspect.ts'
import { inspectAuditHead, inspectPosition } from '~/store/sqlite/files/position.ts'
import { describeSetAside } from '~/usage/health.ts'
import { findFileProblem, listSetAside } from '~/usage/set-aside.ts'
import { findUsageFile } from '~/usage/upgrade.ts'
import { requireOwnFiles } from './data-directory.ts'
import { printLine } from './print.ts'
import type { AddCommand } from './program.ts'
import { requireDatabase } from './runtime.ts'

export const addCheck: AddCommand = (program, readSettings) => {
  program
    .command('check')
    .description('check the integrity of a data directory or backup (read-only)')
    .argument('[path]', 'a data directory or backup file (default: LICET_DATA_DIR)')
    .action((path: string | undefined) => {
      const settings = readSettings()
      if (path === undefined) {
        requireOwnFiles(settings, 'Check it with its own tools, such as pg_amcheck.')
      }
      lowerPriority()
      const findings = check(settings, path)
      for (const { name, problem } of findings) {
        printLine(problem === null ? `ok      ${name}` : `FAILED  ${name}: ${problem}`)
      }
      const failed = findings.filter(({ problem }) => problem !== null).length
      if (failed > 0) {
        throw new Fault('unavailable', `${failed} of ${findings.length} checks failed.`)
      }
    })
}

function check({ config, secrets }: Settings, given: string | undefined): readonly Finding[] {
  const path = resolve(given ?? config.dataDir)
  const isBackup = existsSync(path) && statSync(path).isFile()
  const directory = isBackup ? config.dataDir : path
  if (given !== undefined && !existsSync(path)) {
    throw new Fault('not_found', `There is no file or directory ${path}.`)
  }
  if (!isBackup) requireDatabase(directory)
  const secret = findMasterSecret(secrets, directory)
  if (secret === null) {
    process.stderr.write('The master secret is not checked, because it was not found.\n')
  }
  const secretCheck = secret === null ? null : createVault(secret).check
  if (isBackup) return inspectDatabase(path, secretCheck, 'rows')
  return [
    ...inspectDatabase(databasePath(directory), secretCheck, 'rows'),
    { name: 'the latest changes are there', problem: inspectPosition(directory) },
    { name: 'the audit has its latest row', problem: inspectAuditHead(directory) },
    ...checkUsage(directory),
  ]
}

/** A restored data directory has no usage file until the server starts. */
function checkUsage(directory: string): readonly Finding[] {
  const path = findUsageFile(directory)
  const setAside = listSetAside(directory).map((each) => ({
    name: 'no usage file was set aside',
    problem: describeSetAside(each),
  }))
  const problem = findFileProblem(path)
  if (problem === null && !existsSync(path)) return setAside
  const damage = problem ?? firstProblem(inspectDatabase(path, null, 'file'))
  return [{ name: 'the usage history is intact', problem: damage }, ...setAside]
}
