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
  stderr.write(question)
  stdin.setRawMode(true)
  stdin.setEncoding('utf8')
  try {
    return await readLine(stdin)
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
    stderr.write('\n')
  }
}

async function readLine(stdin: NodeJS.ReadStream): Promise<string> {
  let line = ''
  for await (const text of stdin.iterator({ destroyOnReturn: false })) {
    for (const character of String(text)) {
      if (character === '\r' || character === '\n') return line
      if (character === CTRL_C || character === CTRL_D) {
        throw new Fault('validation_failed', 'No passphrase was entered.')
      }
      if (character === BACKSPACE || character === DELETE) line = [...line].slice(0, -1).join('')
      else if (line.length < CHARACTERS_MAX) line += character
    }
  }
  throw new Fault('validation_failed', 'No passphrase was entered.')
}
