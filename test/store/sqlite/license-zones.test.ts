import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { drizzle } from 'drizzle-orm/bun-sqlite'
import type { LicenseFilter } from '~/domain/licenses.ts'
import { DAY_MS } from '~/domain/times.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { createLicenseZones, type LicenseZones } from '~/store/sqlite/license-zones.ts'
import * as schema from '~/store/sqlite/schema.ts'
import { runAtOnce } from '~/turns.ts'
import { noCommit, startMs } from '../../support/samples.ts'
import { createScratchDirectory } from '../../support/scratch.ts'
import { createCatalog, issue } from '../contract/stores.ts'
import { openSqlite } from './open-store.ts'

const END = '~'
const soon: LicenseFilter = { expiresBeforeMs: startMs + DAY_MS }
const isActive: LicenseFilter = { status: { is: 'active', atMs: startMs + 9 * DAY_MS } }

let directory: string
let client: Database
let zones: LicenseZones
let id: string

beforeEach(async () => {
  directory = createScratchDirectory()
  const store = openSqlite(directory)
  await createCatalog(store)
  const [record] = await issue(store, { expiresAtMs: startMs + 5 * DAY_MS })
  id = record?.license.id ?? ''
  await store.close()
  client = new Database(databasePath(directory), { strict: true })
  zones = createLicenseZones(drizzle(client, { schema }), client)
})
afterEach(() => {
  client.close()
  rmSync(directory, { recursive: true })
})

const list = (filter: LicenseFilter) => runAtOnce(zones.list(filter, END))
const expireSoon = (db: Database) =>
  db.run('UPDATE licenses SET expires_at_ms = ?, ends_at_ms = ?', [startMs, startMs])
const commit = (licenseIds: readonly string[]) => ({ ...noCommit, licenseIds })

test('license zones: a zone without a license of the time is skipped', () => {
  expect(list(soon)).toEqual([])
  expect(list(isActive)).toEqual([])
  expect(list({ expiresAfterMs: startMs })).toEqual([{ before: END, start: '' }])
})

test('license zones: only filters by time skip anything', () => {
  expect(list({ planSlug: 'professional' })).toBeNull()
})

test('license zones: a committed change of this process is seen', () => {
  expect(list(soon)).toEqual([])
  expireSoon(client)
  zones.note(commit([id]))
  expect(list(soon)).toEqual([{ before: END, start: '' }])
})

test('license zones: a license that no longer expires is seen', () => {
  expect(list(isActive)).toEqual([])
  client.run('UPDATE licenses SET expires_at_ms = NULL, ends_at_ms = NULL')
  zones.note(commit([id]))
  expect(list(isActive)).toEqual([{ before: END, start: '' }])
})

test('license zones: a change by another process is seen at once', () => {
  expect(list(soon)).toEqual([])
  using other = new Database(databasePath(directory))
  expireSoon(other)
  expect(list(soon)).toEqual([{ before: END, start: '' }])
})

test('license zones: what changes while zones are read is seen', () => {
  const steps = zones.list(soon, END)
  expect(steps.next().done).toBe(false)
  expireSoon(client)
  zones.note(commit([id]))
  expect(runAtOnce(steps)).toEqual([{ before: END, start: '' }])
})
