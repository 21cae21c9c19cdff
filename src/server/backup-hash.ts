import { createHash } from 'node:crypto'
import { closeSync, lstatSync, openSync, readFileSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import { toHashName } from '~/domain/backup-names.ts'
import type { BackupCheck } from '~/domain/backups.ts'
import { writePrivateFile } from '~/platform/data-directory.ts'

const CHUNK_BYTES = 1_048_576
const SHA256 = /^[0-9a-f]{64}/

/** Records the SHA-256 of a file that is about to be named `target`. */
export function recordHash(target: string, sha256: string): void {
  writePrivateFile(toHashName(target), `${sha256}  ${basename(target)}\n`)
}

/** Returns the SHA-256 of a file in hexadecimal. */
export function hashFile(path: string): string {
  const hash = createHash('sha256')
  const chunk = Buffer.alloc(CHUNK_BYTES)
  const file = openSync(path, 'r')
  try {
    for (let count = -1; count !== 0; ) {
      count = readSync(file, chunk)
      hash.update(chunk.subarray(0, count))
    }
    return hash.digest('hex')
  } finally {
    closeSync(file)
  }
}

/** Returns the SHA-256 of a stream in hexadecimal. */
export async function hashStream(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of stream) hash.update(chunk)
  return hash.digest('hex')
}

/** Returns the hash in the text of a file beside a backup; null if there is none. */
export function parseHash(text: string): string | null {
  return SHA256.exec(text)?.[0] ?? null
}

/** Returns the recorded SHA-256 of a file; null if there is none. */
export function readHash(path: string): string | null {
  // A link could lead out of the folder.
  const file = lstatSync(toHashName(path), { throwIfNoEntry: false })
  return file?.isFile() ? parseHash(readFileSync(toHashName(path), 'utf8')) : null
}

/** Compares a file with its recorded SHA-256. Checks nothing if there is none. */
export function inspectHash(path: string, sha256: string | null): readonly BackupCheck[] {
  if (sha256 === null) return []
  const problem =
    hashFile(path) === sha256 ? null : 'its SHA-256 is not the one that was recorded beside it'
  return [{ name: 'the file is as it was written', problem }]
}
