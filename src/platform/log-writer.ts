import { write as writeBytes, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Written one by one, lines would take a sixth of the time of a validation. */
const BATCH_LINES_MAX = 256
const BATCH_INTERVAL_MS = 250
/** Lines beyond it are dropped while the reader of the log does not read. */
const WAITING_CHARACTERS_MAX = 4_194_304
const FLUSH_DEADLINE_MS = 1000
const RETRY_MS = 100

/** A string, or something that is formatted when its batch is written. */
export interface LogLine {
  /** The number of characters, which may be an estimate. */
  readonly length: number
  toString(): string
}

/**
 * Writes lines to a file descriptor in batches. A full or closed pipe neither blocks nor ends the
 * process: lines are dropped, and `onDropped` gets their number once writing works again.
 */
export function createLogWriter(fileDescriptor: number, onDropped: (lines: number) => void) {
  let lines: LogLine[] = []
  let waitingCharacters = 0
  let dropped = 0
  let writing: Promise<void> | null = null

  function write(line: LogLine): void {
    if (waitingCharacters + line.length > WAITING_CHARACTERS_MAX) {
      dropped += 1
      return
    }
    waitingCharacters += line.length
    if (lines.push(line) >= BATCH_LINES_MAX) start()
  }

  function start(): void {
    if (writing !== null || lines.length === 0) return
    writing = writeAll(fileDescriptor, takeBatch()).then(() => {
      writing = null
      if (dropped === 0) return
      const count = dropped
      dropped = 0
      onDropped(count)
    })
  }

  function takeBatch(): Buffer {
    const batch = Buffer.from(lines.join(''))
    lines = []
    waitingCharacters = 0
    return batch
  }

  const timer = setInterval(start, BATCH_INTERVAL_MS)
  timer.unref()
  process.once('exit', () => {
    // A write that is under way may be stuck, and then another one would never return.
    if (writing === null && lines.length > 0) writeRest(fileDescriptor, takeBatch())
  })

  return {
    write,
    /** Writes what is left and stops. If nobody reads it, the process exits without it. */
    async flush(): Promise<void> {
      clearInterval(timer)
      const startedAtMs = performance.now()
      while (writing !== null || lines.length > 0) {
        start()
        const leftMs = startedAtMs + FLUSH_DEADLINE_MS - performance.now()
        await Promise.race([writing, sleep(Math.max(0, leftMs), undefined, { ref: false })])
        if (leftMs > 0) continue
        // The stuck write would keep the process alive.
        setTimeout(() => process.exit(), RETRY_MS).unref()
        return
      }
    },
  }
}

/** Resolves when everything is written, or cannot be. */
async function writeAll(fileDescriptor: number, bytes: Buffer): Promise<void> {
  for (let left = bytes; left.length > 0; ) {
    const written = await tryToWrite(fileDescriptor, left)
    if (written === null) return
    if (written === 0) await Bun.sleep(RETRY_MS)
    left = left.subarray(written)
  }
}

/** Returns null if the descriptor accepts nothing any more, such as a pipe without a reader. */
function tryToWrite(fileDescriptor: number, bytes: Buffer): Promise<number | null> {
  return new Promise((resolve) => {
    writeBytes(fileDescriptor, bytes, (error, written) => {
      if (error === null) resolve(written)
      else resolve(error.code === 'EAGAIN' ? 0 : null)
    })
  })
}

function writeRest(fileDescriptor: number, bytes: Buffer): void {
  try {
    writeSync(fileDescriptor, bytes)
  } catch {
    // The process is exiting, and there is no other place for these lines.
  }
}
