import { SQLiteError } from 'bun:sqlite'
import { Fault } from '~/domain/faults.ts'
import { ConfigError } from '~/platform/config.ts'
import { MigrationError } from '~/platform/migrations.ts'
import { isDamage } from '~/platform/sqlite-errors.ts'
import { readSettings } from './settings.ts'
import { toCommandWords } from './wording.ts'

const EXIT_FAILED = 1
const EXIT_USAGE = 2
/** For output that is still to be written after a failure. */
const EXIT_GRACE_MS = 2000
/** The reader of a pipe, such as head, has closed it, or the terminal was closed. */
const GONE = ['EPIPE', 'EIO']

/** Runs one command. Sets the exit code: 0 for success, 1 for failure, 2 for wrong usage. */
export async function run(args: readonly string[]): Promise<void> {
  process.stderr.on('error', () => {})
  process.stdout.on('error', (error) => {
    if ('code' in error && GONE.includes(String(error.code))) return
    process.exitCode = EXIT_FAILED
    process.stderr.write(`The output could not be written: ${error.message}\n`)
  })
  try {
    await runCommand(args)
  } catch (error) {
    process.exitCode = report(error, args[0] === 'edge' ? 'edge' : 'serve')
    // A request to a service that hangs may still be open, which cannot be interrupted.
    setTimeout(() => process.exit(), EXIT_GRACE_MS).unref()
  }
}

/** Imports only what the command needs: without the other commands, the server starts sooner. */
async function runCommand(args: readonly string[]): Promise<void> {
  if (args.length === 0 || (args.length === 1 && args[0] === 'serve')) {
    const { serve } = await import('~/server/serve.ts')
    await serve(readSettings())
  } else {
    const { runProgram } = await import('./program.ts')
    await runProgram(args)
  }
}

/** Storage that is locked, full or unreachable, which the operator can fix. */
const storageCodes = /^SQLITE_(BUSY|FULL|IOERR|READONLY|CANTOPEN|LOCKED|PERM)/

/** Prints one sentence for a problem that the operator can fix, and the stack for a bug. */
function report(error: unknown, command: 'edge' | 'serve'): number {
  if (error instanceof ConfigError) {
    process.stderr.write(
      `Invalid configuration:\n${error.message}\nFor all variables: licet ${command} --help\n`,
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
