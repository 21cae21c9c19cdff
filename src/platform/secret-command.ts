import { parseMasterSecret } from './config-values.ts'

const COMMAND_MS_MAX = 30_000
/** A secret takes 44 bytes. */
const OUTPUT_BYTES_MAX = 4096
const WORDS_MAX = 64

/**
 * Runs a command and returns the master secret that it prints. There is no shell: words are separated by
 * spaces, or listed in a JSON array. Error messages never contain what the command has printed.
 */
export function runSecretCommand(text: string): Uint8Array {
  const words = parseWords(text)
  const [program = ''] = words
  const fail = (reason: string) => new Error(`names a command that ${reason}: ${program}`)
  const result = run(words)
  if (result === null) throw fail('cannot be run')
  const { exitCode, exitedDueToMaxBuffer, exitedDueToTimeout, signalCode, stdout } = result
  if (exitedDueToTimeout) throw fail(`took longer than ${COMMAND_MS_MAX / 1000} seconds`)
  if (exitedDueToMaxBuffer) throw fail(`printed more than ${OUTPUT_BYTES_MAX} bytes`)
  if (signalCode) throw fail(`was ended by ${signalCode}`)
  if (exitCode !== 0) throw fail(`failed with exit code ${exitCode}, so run it by hand to see why`)
  try {
    return parseMasterSecret(stdout.toString('utf8').trim())
  } catch {
    throw fail('must print 32 bytes in base64, as openssl rand -base64 32 does')
  }
}

/** Returns null if there is no such program. */
function run(words: readonly string[]) {
  try {
    return Bun.spawnSync([...words], {
      stdin: 'ignore',
      stdout: 'pipe',
      // It would be in the log, and may contain the secret.
      stderr: 'ignore',
      timeout: COMMAND_MS_MAX,
      killSignal: 'SIGKILL',
      maxBuffer: OUTPUT_BYTES_MAX,
    })
  } catch {
    return null
  }
}

function parseWords(text: string): readonly string[] {
  const words: unknown = text.startsWith('[') ? parseJson(text) : text.split(/\s+/)
  const isList = Array.isArray(words) && words.length > 0 && words.length <= WORDS_MAX
  if (isList && words.every((word) => typeof word === 'string') && words[0] !== '') return words
  throw new Error(
    'must be a command such as /usr/bin/my-kms decrypt, or a JSON array of its words.',
  )
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
