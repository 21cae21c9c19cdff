import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** The data directory of a server of version 0.1.0 that was killed while a journal held validations. */
const fixture = join(import.meta.dir, '../fixtures/data-directory-0.1.0')

/** Keys and IDs in it. */
export const former = JSON.parse(readFileSync(join(fixture, 'facts.json'), 'utf8'))

export const formerEnvironment = {
  LICET_MASTER_SECRET: Buffer.alloc(32, 7).toString('base64'),
  // A minute after the server was killed, so that no lease or license has expired since.
  TEST_CLOCK_MS: String(Date.parse('2026-11-25T23:45:20Z')),
  BUN_OPTIONS: `--preload ${join(import.meta.dir, 'shifted-clock.ts')}`,
}

export function unpackFormer(dataDirectory: string): void {
  mkdirSync(dataDirectory)
  for (const name of readdirSync(fixture).filter((each) => each.endsWith('.gz'))) {
    const bytes = gunzipSync(readFileSync(join(fixture, name)))
    writeFileSync(join(dataDirectory, name.replace(/\.gz$/, '')), bytes)
  }
}
