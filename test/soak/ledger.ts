import { closeSync, fdatasync, openSync, writeSync } from 'node:fs'
import { promisify } from 'node:util'

const sync = promisify(fdatasync)

/** A file with one line per acknowledged change. A change counts once its line is on disk. */
export interface Ledger extends Disposable {
  readonly path: string
  /** The number of changes on disk. */
  count(): number
  /** Appends one line per change. Resolves once all of them are on disk. */
  append(changes: readonly object[]): Promise<void>
}

export function openLedger(path: string): Ledger {
  const file = openSync(path, 'a', 0o600)
  let waiting: string[] = []
  let count = 0
  let flushing: Promise<void> | null = null

  // Clients that append meanwhile share the next sync.
  async function flush(): Promise<void> {
    const lines = waiting
    waiting = []
    writeSync(file, `${lines.join('\n')}\n`)
    await sync(file)
    count += lines.length
  }

  async function append(changes: readonly object[]): Promise<void> {
    if (changes.length === 0) return
    waiting.push(...changes.map((change) => JSON.stringify(change)))
    if (flushing !== null) await flushing
    flushing ??= flush().finally(() => {
      flushing = null
    })
    await flushing
  }

  return { path, count: () => count, append, [Symbol.dispose]: () => closeSync(file) }
}
