import { expect } from 'bun:test'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Sandbox, ServerProcess } from './server.ts'

const MINUTE_MS = 60_000
export const fixtures = join(import.meta.dir, '../fixtures')
/** The versions whose data is kept, the oldest first. */
export const versions = readdirSync(join(fixtures, 'releases')).sort(Bun.semver.order)

interface Item {
  readonly id?: string
  readonly slug?: string
}

export interface Facts {
  readonly writtenAt: string
  readonly lastMigration: string
  readonly keys: Readonly<Record<'active' | 'suspended' | 'revoked' | 'imported', string>>
  /** The responses of the version that wrote the directory, by path. */
  readonly responses: Readonly<Record<string, { readonly data?: readonly Item[] }>>
}

export const readFacts = (version: string, name = 'facts.json'): Facts =>
  JSON.parse(readFileSync(join(fixtures, 'releases', version, name), 'utf8'))

/** The environment of a server that opens the data a minute after it was written. */
export function environmentAfter(writtenAt: string) {
  return {
    LICET_MASTER_SECRET: Buffer.alloc(32, 7).toString('base64'),
    TEST_CLOCK_MS: String(Date.parse(writtenAt) + MINUTE_MS),
    BUN_OPTIONS: `--preload ${join(import.meta.dir, 'shifted-clock.ts')}`,
  }
}

/** Unpacks a data directory into `data` of the sandbox. Returns how a server is started on it. */
export function unpack(sandbox: Sandbox, folder: string, writtenAt: string) {
  mkdirSync(sandbox.at('data'))
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.gz'))) {
    const bytes = gunzipSync(readFileSync(join(folder, name)))
    writeFileSync(sandbox.at('data', name.replace(/\.gz$/, '')), bytes)
  }
  return { cwd: sandbox.path, env: environmentAfter(writtenAt) }
}

export const unpackRelease = (sandbox: Sandbox, version: string) =>
  unpack(sandbox, join(fixtures, 'releases', version), readFacts(version).writtenAt)

/** Checks that a server responds as the version did that wrote the directory. New fields and items are fine. */
export async function expectEverything(
  server: ServerProcess,
  { keys, responses }: Facts,
): Promise<void> {
  for (const [path, known] of Object.entries(responses)) {
    const full = path === 'jwks' ? '/.well-known/licet/jwks.json' : `/api/v1/${path}`
    const { body } = await server.send('GET', full)
    if (known.data === undefined) expect({ path, body }).toMatchObject({ path, body: known })
    for (const [index, item] of (known.data ?? []).entries()) {
      const name = item.id ?? item.slug
      const same = ({ id, slug }: Item) => (id ?? slug) === name
      const found = name === undefined ? body.data[index] : body.data.find(same)
      expect({ path, found }).toMatchObject({ path, found: item })
    }
  }
  const validate = async (key: string) =>
    (await server.send('POST', '/api/v1/validate', { key, domain: 'example.com' })).body
  expect(await validate(keys.active)).toMatchObject({ valid: true })
  expect(await validate(keys.imported)).toMatchObject({ valid: true })
  expect(await validate(keys.suspended)).toMatchObject({ error: 'LICENSE_SUSPENDED' })
  expect(await validate(keys.revoked)).toMatchObject({ error: 'LICENSE_REVOKED' })
  const order = { plan: 'team', customer_email: 'new@example.com' }
  expect((await server.send('POST', '/api/v1/licenses', order)).status).toBe(201)
}
