import { resolve } from 'node:path'
import { InvalidArgumentError } from 'commander'
import { Fault } from '~/domain/faults.ts'
import type { Settings } from '~/platform/config.ts'
import { findPostgresError } from '~/platform/postgres-errors.ts'
import { findMasterSecret, masterSecretPath } from '~/platform/secrets.ts'
import { createVault } from '~/platform/vault.ts'
import {
  openSampleDatabase,
  openSourceDatabase,
  openTargetDatabase,
} from '~/server/move/database.ts'
import {
  openSampleDirectory,
  openSourceDirectory,
  openTargetDirectory,
  requireEmptyDirectory,
} from '~/server/move/directory.ts'
import type { Source } from '~/server/move/end.ts'
import { type Estimate, estimateMove } from '~/server/move/estimate.ts'
import { move, type Report, requireSecret } from '~/server/move/move.ts'
import { tables } from '~/server/move/tables.ts'
import { printLine, printTable } from './print.ts'
import type { AddCommand } from './program.ts'

const REPORT_MS = 1000

const explanation = `
One of the two is a data directory, and the other one a PostgreSQL database. Stop all servers first. The
source is only read. If the move is stopped, run it again: it continues. No server starts on the target
before it is complete, and all rows have been compared.

Both need the same master secret: the one in master.secret of the data directory, or else
LICET_MASTER_SECRET or LICET_MASTER_SECRET_FILE.`

/** A data directory, or the URL of a database, which contains a password. */
interface Location {
  readonly kind: 'directory' | 'database'
  readonly value: string
  readonly name: string
}

interface Options {
  readonly from: Location
  readonly to: Location
  readonly dryRun: boolean
}

export const addMove: AddCommand = (program, readSettings) => {
  program
    .command('move')
    .description('move everything to PostgreSQL, or back to a data directory')
    .requiredOption(
      '--from <place>',
      'data directory or postgres:// URL to move from',
      parseLocation,
    )
    .requiredOption(
      '--to <place>',
      'empty data directory or postgres:// URL to move to',
      parseLocation,
    )
    .option('--dry-run', 'only say how much there is to move and how long it will take', false)
    .addHelpText('after', explanation)
    .action(async (options: Options) => {
      try {
        await run(readSettings(), options)
      } catch (error) {
        throw explain(error)
      }
    })
}

function parseLocation(text: string): Location {
  if (!/^postgres(?:ql)?:/.test(text)) {
    return { kind: 'directory', value: resolve(text), name: resolve(text) }
  }
  const url = URL.parse(text)
  if (url === null || url.hostname === '') {
    throw new InvalidArgumentError('Use a URL such as postgres://user:password@host:5432/licet.')
  }
  return { kind: 'database', value: text, name: `${url.host}${url.pathname}` }
}

async function run(settings: Settings, { from, to, dryRun }: Options): Promise<void> {
  if (from.kind === to.kind) {
    const other = from.kind === 'directory' ? 'licet backup and licet restore' : 'pg_dump'
    const detail = `--from and --to must be a data directory and a database. To copy within one kind, use ${other}.`
    throw new Fault('invalid_request', detail)
  }
  await using source = await openSource(from)
  await requireSecret(source, findSecretCheck(settings, from, to))
  if (dryRun) return printEstimates(await estimate(source, to))
  await using target =
    to.kind === 'directory'
      ? openTargetDirectory(to.value, tables)
      : await openTargetDatabase({ url: to.value }, tables)
  const startedAtMs = performance.now()
  const { rows, isResumed } = await move(source, target, createReport())
  const seconds = Math.ceil((performance.now() - startedAtMs) / 1000)
  printLine(
    `${isResumed ? 'Continued and finished the move' : 'Moved'} from ${from.name} to ${to.name}: ${rows} rows of ${tables.length} tables in ${seconds} s. The rows and checksums of all tables are equal.`,
  )
  printNextSteps(from, to)
}

async function openSource({ kind, value }: Location): Promise<Source> {
  return kind === 'directory'
    ? openSourceDirectory(value, tables)
    : await openSourceDatabase({ url: value }, tables)
}

function findSecretCheck({ secrets }: Settings, from: Location, to: Location): string {
  const { value } = from.kind === 'directory' ? from : to
  const secret = findMasterSecret(secrets, value)
  if (secret !== null) return createVault(secret).check
  const detail = `The master secret is missing. Set LICET_MASTER_SECRET or LICET_MASTER_SECRET_FILE to the one of the database, or put it in ${masterSecretPath(value)}.`
  throw new Fault('not_found', detail)
}

async function estimate(source: Source, to: Location): Promise<readonly Estimate[]> {
  if (to.kind === 'directory') requireEmptyDirectory(to.value)
  await using sample =
    to.kind === 'directory'
      ? openSampleDirectory()
      : await openSampleDatabase({ url: to.value }, source.tables)
  return await estimateMove(source, sample)
}

function printEstimates(estimates: readonly Estimate[]): void {
  const sum = (field: 'rows' | 'bytes' | 'seconds') =>
    estimates.reduce((total, one) => total + one[field], 0)
  const format = ({ name, rows, bytes, seconds }: Estimate) => [
    name,
    String(rows),
    String(bytes),
    String(Math.ceil(seconds)),
  ]
  const total = { name: 'all', rows: sum('rows'), bytes: sum('bytes'), seconds: sum('seconds') }
  const rows = [
    ['TABLE', 'ROWS', 'BYTES (ABOUT)', 'SECONDS (ABOUT)'],
    ...[...estimates, total].map(format),
  ]
  printTable(rows)
  printLine('Nothing was moved.')
}

/** Returns a function that writes to standard error, at most once a second and after each table. */
function createReport(): Report {
  let nextMs = 0
  return (step, { name }, done, total) => {
    const nowMs = performance.now()
    if (total === 0 || (nowMs < nextMs && done < total)) return
    nextMs = nowMs + REPORT_MS
    process.stderr.write(`${step === 'move' ? 'moved' : 'compared'} ${name}: ${done} of ${total}\n`)
  }
}

function printNextSteps(from: Location, to: Location): void {
  if (to.kind === 'directory') {
    process.stderr.write(`Start one server with LICET_DATA_DIR=${to.value}, and put the master secret in
${masterSecretPath(to.value)} or set LICET_MASTER_SECRET. Start none on the database again.
`)
    return
  }
  process.stderr.write(`Start servers with LICET_DATABASE_URL set to the target, and LICET_MASTER_SECRET_FILE to a copy of
${masterSecretPath(from.value)}. Start none on ${from.value} again.
`)
}

/** The message of PostgreSQL says what is wrong, such as a password. */
function explain(thrown: unknown): unknown {
  const error = findPostgresError(thrown)
  if (error === null) return thrown
  const detail = `The database cannot be used: ${error.message}. Check the URL, and that the user may create tables.`
  return new Fault('unavailable', detail, { cause: error })
}
