import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { Fault } from '~/domain/faults.ts'
import type { Settings } from '~/platform/config.ts'
import { findMasterSecret } from '~/platform/secrets.ts'
import { createVault } from '~/platform/vault.ts'
import { inspectHash, readHash } from '~/server/backup-hash.ts'
import { lowerPriority } from '~/server/priority.ts'
import { openWorkspace } from '~/server/shipping/workspace.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { type Finding, firstProblem, inspectDatabase } from '~/store/sqlite/files/inspect.ts'
import { inspectAuditHead, inspectPosition } from '~/store/sqlite/files/position.ts'
import { describeSetAside } from '~/usage/health.ts'
import { findFileProblem, listSetAside } from '~/usage/set-aside.ts'
import { findUsageFile } from '~/usage/upgrade.ts'
import {
  fetchSource,
  parseSource,
  readSourceKeys,
  type SourceOptions,
  sourceHelp,
  sourceOptions,
} from './backup-source.ts'
import { requireOwnFiles } from './data-directory.ts'
import { printLine } from './print.ts'
import type { AddCommand } from './program.ts'
import { requireDatabase } from './runtime.ts'

export const addCheck: AddCommand = (program, readSettings) => {
  program
    .command('check')
    .description('check the integrity of a data directory or backup (read-only)')
    .argument(
      '[source]',
      'a data directory, or a backup: a file, or s3://bucket/key (default: LICET_DATA_DIR)',
    )
    .option(...sourceOptions.latest)
    .option(...sourceOptions.identity)
    .addHelpText('after', sourceHelp)
    .action(async (source: string | undefined, options: SourceOptions) => {
      const settings = readSettings()
      if (source === undefined && options.latest === undefined) {
        requireOwnFiles(settings, 'Check it with its own tools, such as pg_amcheck.')
      }
      lowerPriority()
      const findings = needsFetching(source, options)
        ? await checkRemote(settings, source, options)
        : check(settings, source)
      for (const { name, problem } of findings) {
        printLine(problem === null ? `ok      ${name}` : `FAILED  ${name}: ${problem}`)
      }
      const failed = findings.filter(({ problem }) => problem !== null).length
      if (failed > 0) {
        throw new Fault('unavailable', `${failed} of ${findings.length} checks failed.`)
      }
    })
}

/** Whether a copy has to be made first: of a backup that is encrypted, on S3, or still to be found. */
function needsFetching(source: string | undefined, { latest }: SourceOptions): boolean {
  return latest === true || (source !== undefined && /^s3:|\.age$/.test(source))
}

async function checkRemote(
  settings: Settings,
  source: string | undefined,
  options: SourceOptions,
): Promise<readonly Finding[]> {
  const { config, secrets } = settings
  const location = source === undefined ? null : parseSource(source)
  const keys = await readSourceKeys(settings, options)
  const secretCheck = findSecretCheck(secrets, config.dataDir)
  using workspace = openWorkspace(config.dataDir)
  const found = await fetchSource(settings, location, options, workspace, keys, secretCheck)
  printLine(`Checking ${found.name} from ${found.target.name}:`)
  return inspectDatabase(found.path, secretCheck, 'rows')
}

function findSecretCheck(secrets: Settings['secrets'], directory: string): string | null {
  const secret = findMasterSecret(secrets, directory)
  if (secret !== null) return createVault(secret).check
  process.stderr.write('The master secret is not checked, because it was not found.\n')
  return null
}

function check({ config, secrets }: Settings, given: string | undefined): readonly Finding[] {
  const path = resolve(given ?? config.dataDir)
  const isBackup = existsSync(path) && statSync(path).isFile()
  const directory = isBackup ? config.dataDir : path
  if (given !== undefined && !existsSync(path)) {
    throw new Fault('not_found', `There is no file or directory ${path}.`)
  }
  if (!isBackup) requireDatabase(directory)
  const secretCheck = findSecretCheck(secrets, directory)
  if (isBackup) {
    return [...inspectHash(path, readHash(path)), ...inspectDatabase(path, secretCheck, 'rows')]
  }
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
