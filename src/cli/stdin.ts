import { Fault } from '~/domain/faults.ts'

/**
 * Returns an argument, or, if it is `-`, the next line of standard input. So a license key need not
 * be in the history of the shell, nor in the list of processes.
 */
export async function readArgument(argument: string): Promise<string> {
  if (argument !== '-') return argument
  for await (const line of console) if (line.trim() !== '') return line
  throw new Fault('validation_failed', 'There is no text on standard input.')
}
