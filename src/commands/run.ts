import { Command, CommanderError } from 'commander'
import { ConfigError, readConfig } from '~/config.ts'
import { Fault } from '~/domain/faults.ts'
import { StartError, serve } from '~/server.ts'
import { MigrationError } from '~/store/sqlite/migrate.ts'
import { version } from '~/version.ts'

const EXIT_FAILED = 1
const EXIT_USAGE = 2

/** Runs one command of the binary. Answers the exit code: 0 done, 1 failed, 2 called wrongly. */
export async function run(args: readonly string[]): Promise<number> {
  const program = buildProgram()
  try {
    await program.parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    return report(error)
  }
}

function buildProgram(): Command {
  const program = new Command('licet')
    .description('A license server in one file.')
    .version(version, '-V, --version', 'print the version')
    .helpCommand('help [command]', 'tell how a command is called')
    .showHelpAfterError('(licet help tells what there is)')
    .exitOverride()
  const settings = () => readConfig(process.env, process.stdout.isTTY === true)

  program
    .command('serve', { isDefault: true })
    .description('serve the API (the default)')
    .action(() => serve(settings()))
  program
    .command('version')
    .description('print the version')
    .action(() => console.log(version))
  return program
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE
  if (error instanceof ConfigError) {
    process.stderr.write(`The configuration cannot be used:\n${error.message}\n`)
    return EXIT_USAGE
  }
  const isExpected =
    error instanceof StartError || error instanceof MigrationError || error instanceof Fault
  process.stderr.write(isExpected ? `${error.message}\n` : `${Bun.inspect(error)}\n`)
  return EXIT_FAILED
}
