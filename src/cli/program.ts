import { SQLiteError } from 'bun:sqlite'
import { Command, CommanderError } from 'commander'
import { Fault } from '~/domain/faults.ts'
import { ConfigError, readConfig, type Settings } from '~/platform/config.ts'
import { MigrationError } from '~/platform/sqlite-migrations.ts'
import { version } from '~/platform/version.ts'
import { addBackup } from './backup.ts'
import { addCheck } from './check.ts'
import { addHealthcheck } from './healthcheck.ts'
import { addJobs } from './jobs.ts'
import { addKeys } from './keys.ts'
import { addRestore } from './restore.ts'
import { addServe } from './serve.ts'

const EXIT_FAILED = 1
const EXIT_USAGE = 2

/** Adds one command, or a family of them, to the program. */
export type AddCommand = (program: Command, readSettings: () => Settings) => void

/** In the order of the help. */
const commands: readonly AddCommand[] = [
  addServe,
  addKeys,
  addJobs,
  addBackup,
  addRestore,
  addCheck,
  addHealthcheck,
]

/** Runs one command of the binary. Answers the exit code: 0 done, 1 failed, 2 called wrongly. */
export async function run(args: readonly string[]): Promise<number> {
  // A reader such as head may leave before the end.
  process.stdout.on('error', (error) => {
    if (!('code' in error) || error.code !== 'EPIPE') throw error
  })
  try {
    await buildProgram().parseAsync(args.length === 0 ? ['serve'] : args, { from: 'user' })
    return 0
  } catch (error) {
    return report(error)
  }
}

function buildProgram(): Command {
  const program = new Command('licet')
    .description('A license server in one file. Without a command it serves.')
    .version(version, '-V, --version', 'print the version')
    .helpCommand('help [command]', 'tell how a command is called')
    .addHelpText('after', '\nThe environment configures it: licet serve --help tells how.')
    .showHelpAfterError('(--help tells how it is called)')
    .exitOverride()
  const readSettings = () => readConfig(process.env, process.stdout.isTTY === true)
  for (const add of commands) add(program, readSettings)
  program
    .command('version')
    .description('print the version')
    .action(() => console.log(version))
  return program
}

/** Storage that is locked, full, damaged or out of reach: the operator's to mend. */
const storageCodes = /^SQLITE_(BUSY|FULL|IOERR|READONLY|CANTOPEN|LOCKED|PERM|CORRUPT|NOTADB)/

/** One sentence for what the operator can mend, and the stack for our own bugs alone. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE
  if (error instanceof ConfigError) {
    process.stderr.write(`The configuration cannot be used:\n${error.message}\n`)
    return EXIT_USAGE
  }
  process.stderr.write(`${sentenceFor(error)}\n`)
  return EXIT_FAILED
}

function sentenceFor(error: unknown): string {
  if (error instanceof Fault || error instanceof MigrationError) return error.message
  if (error instanceof SQLiteError && storageCodes.test(error.code ?? '')) {
    return `The database cannot be used: ${error.message} (${error.code}). Look at its rights, its disk, and what licet check says.`
  }
  const isOfSystem = error instanceof Error && 'syscall' in error
  return isOfSystem ? error.message : Bun.inspect(error)
}
