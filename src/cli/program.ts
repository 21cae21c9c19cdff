import { Command, CommanderError } from 'commander'
import type { Settings } from '~/platform/config.ts'
import { version } from '~/platform/version.ts'
import { addBackup } from './backup.ts'
import { addCheck } from './check.ts'
import { addEdge } from './edge.ts'
import { addEdges } from './edges.ts'
import { addHealthcheck } from './healthcheck.ts'
import { addImport } from './import.ts'
import { addJobs } from './jobs.ts'
import { addKeys } from './keys.ts'
import { addLicenses } from './licenses.ts'
import { addLogin } from './login.ts'
import { addMail } from './mail.ts'
import { addMove } from './move.ts'
import { addOperators } from './operators.ts'
import { printLine } from './print.ts'
import { addRestore } from './restore.ts'
import { addSecret } from './secret.ts'
import { addServe } from './serve.ts'
import { readSettings } from './settings.ts'
import { addSigning } from './signing.ts'
import { addUpdate } from './update.ts'
import { toCommandWords } from './wording.ts'

const EXIT_USAGE = 2

/** Adds one command, with its subcommands, to the program. */
export type AddCommand = (program: Command, readSettings: () => Settings) => void

/** In the order that the help shows. */
const commands = [
  addServe,
  addEdge,
  addKeys,
  addEdges,
  addLogin,
  addOperators,
  addLicenses,
  addImport,
  addSigning,
  addSecret,
  addMail,
  addJobs,
  addBackup,
  addRestore,
  addMove,
  addCheck,
  addHealthcheck,
  addUpdate,
]

/** Runs one command. Sets the exit code after wrong usage. */
export async function runProgram(args: readonly string[]): Promise<void> {
  try {
    await buildProgram().parseAsync(expandHelp(args), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE
  }
}

/** Makes `help keys create` the same as `keys create --help`, because Commander knows only the first word. */
function expandHelp(args: readonly string[]): readonly string[] {
  const [first, ...words] = args
  return first === 'help' && words.length > 1 ? [...words, '--help'] : args
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
