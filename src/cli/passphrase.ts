import { Fault } from '~/domain/faults.ts'

const CHARACTERS_MAX = 1024
const [CTRL_C, CTRL_D, BACKSPACE, DELETE] = ['\u0003', '\u0004', '\b', '\u007f']

/** Asks for a passphrase on the terminal, without showing it. Throws a Fault if there is none. */
export async function askPassphrase(question: string): Promise<string> {
  const { stdin, stderr } = process
  if (!stdin.isTTY) {
    const detail =
      'The backup is encrypted with a passphrase. Set LICET_BACKUP_PASSPHRASE or LICET_BACKUP_PASSPHRASE_FILE, or run this on a terminal.'
    throw new Fault('validation_failed', detail)
  }
  // Raw before the question, so that nothing that is typed after it is shown.
  stdin.setRawMode(true)
  stderr.write(question)
  try {
    return await readLine(stdin)
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
    // Otherwise the process would wait for more input at its end.
    stdin.unref()
    stderr.write('\n')
  }
}

function readLine(stdin: NodeJS.ReadStream): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let line = ''
  const read = (bytes: Buffer) => {
    for (const character of bytes.toString('utf8')) {
      if (character === '\r' || character === '\n') return resolve(line)
      if (character === CTRL_C || character === CTRL_D) return reject(nothingEntered())
      if (character === BACKSPACE || character === DELETE) line = [...line].slice(0, -1).join('')
      else if (line.length < CHARACTERS_MAX) line += character
    }
  }
  stdin.on('data', read)
  stdin.on('end', () => reject(nothingEntered()))
  return promise.finally(() => stdin.off('data', read))
}

const nothingEntered = () => new Fault('validation_failed', 'No passphrase was entered.')
