import { SQLiteError } from 'bun:sqlite'
import { Command, CommanderError } from 'commander'
import { Fault } from '~/domain/faults.ts'
import { ConfigError, readConfig, type Settings } from '~/platform/config.ts'
import { isDamage } from '~/platform/sqlite-errors.ts'
import { MigrationError } from '~/platform/sqlite-migrations.ts'
import { version } from '~/platform/version.ts'
import { addBackup } from './backup.ts'
import { addCheck } from './check.ts'
import { addHealthcheck } from './healthcheck.ts'
import { addJobs } from './jobs.ts'
import { addKeys } from './keys.ts'
import { addLicenses } from './licenses.ts'
import { printLine } from './print.ts'
import { addRestore } from './restore.ts'
import { addServe } from './serve.ts'
import { toCommandWords } from './wording.ts'

const EXIT_FAILED = 1
const EXIT_USAGE = 2
/** The reader of a pipe, such as head, has closed it, or the terminal was closed. */
const GONE = ['EPIPE', 'EIO']

/** Adds one command, with its subcommands, to the program. */
export type AddCommand = (program: Command, readSettings: () => Settings) => void

/** In the order that the help shows. */
const commands = [
  addServe,
  addKeys,
  addLicenses,
  addJobs,
  addBackup,
  addRestore,
  addCheck,
  addHealthcheck,
]

/** Runs one command. Sets the exit code: 0 for success, 1 for failure, 2 for wrong usage. */
export async function run(args: readonly string[]): Promise<void> {
  process.stderr.on('error', () => {})
  process.stdout.on('error', (error) => {
    if ('code' in error && GONE.includes(String(error.code))) return
    process.exitCode = EXIT_FAILED
    process.stderr.write(`The output could not be written: ${error.message}\n`)
  })
  try {
    await buildProgram().parseAsync(args.length === 0 ? ['serve'] : args, { from: 'user' })
  } catch (error) {
    process.exitCode = report(error)
  }
}

/** Builds the program with all its commands. */
export function buildProgram(): Command {
  const program = new Command('licet')
    .description('Licet is a license server. Without a command, it starts the server.')
    .version(version, '-V, --version', 'print the version')
    .helpCommand('help [command]', 'display help for command')
    .addHelpText('after', '\nEnvironment variables configure Licet: see licet serve --help.')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(toCommandWords(text)) })
  const readSettings = () => readConfig(process.env, process.stdout.isTTY === true)
  for (const add of commands) add(program, readSettings)
  program
    .command('version')
    .description('print the version')
    .action(() => printLine(version))
  showUsageAfterErrors(program, 'licet')
  return program
}

function showUsageAfterErrors(command: Command, path: string): void {
  command.showHelpAfterError(`\nUsage: ${path} ${command.usage()}\nFor details: ${path} --help`)
  for (const child of command.commands) showUsageAfterErrors(child, `${path} ${child.name()}`)
}

/** Storage that is locked, full or unreachable, which the operator can fix. */
const storageCodes = /^SQLITE_(BUSY|FULL|IOERR|READONLY|CANTOPEN|LOCKED|PERM)/

/** Prints one sentence for a problem that the operator can fix, and the stack for a bug. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE
  if (error instanceof ConfigError) {
    process.stderr.write(
      `Invalid configuration:\n${error.message}\nFor all variables: licet serve --help\n`,
    )
    return EXIT_USAGE
  }
  process.stderr.write(`${explain(error)}\n`)
  return EXIT_FAILED
}

function explain(error: unknown): string {
  if (error instanceof Fault && isDamage(error.cause)) return explain(error.cause)
  if (error instanceof Fault) return toCommandWords(error.message)
  if (error instanceof MigrationError) return error.message
  if (error instanceof SuppressedError) {
    return [...new Set([error.suppressed, error.error].map(explain))].join('\n')
  }
  if (isDamage(error)) {
    return `The database is damaged: ${error.message}. For details, run: licet check. To restore a backup, run: licet restore FILE`
  }
  if (error instanceof SQLiteError && storageCodes.test(error.code ?? '')) {
    return `The database cannot be used: ${error.message} (${error.code}). Check its permissions and the free disk space, then run: licet check`
  }
  const isSystemError = error instanceof Error && 'syscall' in error
  return isSystemError ? error.message : Bun.inspect(error)
}
