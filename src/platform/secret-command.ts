import { spawnSync } from 'node:child_process'
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
  const [program = '', ...args] = parseWords(text)
  const { error, status, signal, stdout } = spawnSync(program, args, {
    // Its own messages are for the operator.
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: COMMAND_MS_MAX,
    killSignal: 'SIGKILL',
    maxBuffer: OUTPUT_BYTES_MAX,
  })
  if (error !== undefined) throw new Error(describeError(error, program))
  if (signal !== null) throw new Error(`names a command that was ended by ${signal}: ${program}`)
  if (status !== 0)
    throw new Error(`names a command that failed with exit code ${status}: ${program}`)
  try {
    return parseMasterSecret(stdout.toString('utf8').trim())
  } catch {
    throw new Error(
      `names a command that must print 32 bytes in base64, as openssl rand -base64 32 does: ${program}`,
    )
  }
}

function describeError(error: Error, program: string): string {
  const code = 'code' in error ? error.code : ''
  if (code === 'ETIMEDOUT') {
    return `names a command that took longer than ${COMMAND_MS_MAX / 1000} seconds: ${program}`
  }
  if (code === 'ENOBUFS') {
    return `names a command that printed more than ${OUTPUT_BYTES_MAX} bytes: ${program}`
  }
  return `names a command that cannot be run: ${program} (${String(code)})`
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
