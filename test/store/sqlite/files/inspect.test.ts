import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { closeSync, copyFileSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { databasePath } from '~/store/sqlite/connection.ts'
import { copyDatabase } from '~/store/sqlite/files/backup.ts'
import { inspectDatabase } from '~/store/sqlite/files/inspect.ts'
import { openTestApp, type TestApp } from '../../../support/app.ts'

const PAGE_BYTES = 4096

let testApp: TestApp
let intact: string
let broken: string

beforeAll(async () => {
  testApp = await openTestApp()
  const { send, directory } = testApp
  const license = { plan: 'professional', customer_email: 'dev@example.com' }
  const { body } = await send('POST', '/api/v1/licenses', license)
  for (const place of [
    { domain: 'example.com' },
    { domain: 'localhost' },
    { fingerprint: 'mac' },
  ]) {
    const verdict = await send('POST', '/api/v1/validate', { key: body.key, ...place })
    expect(verdict.body.valid).toBe(true)
  }
  intact = join(directory, 'intact.sqlite')
  broken = join(directory, 'broken.sqlite')
  copyDatabase(databasePath(directory), intact)
})
afterAll(() => testApp.close())

const problemsIn = (path: string, secretCheck: string | null) =>
  inspectDatabase(path, secretCheck, 'rows').filter(({ problem }) => problem !== null)

test('inspect: a database in use and its copy pass all checks', () => {
  const { check } = testApp.deps.vault
  expect(problemsIn(databasePath(testApp.directory), check)).toEqual([])
  expect(problemsIn(intact, check)).toEqual([])
})

test('inspect: a damaged page is reported in a short message', () => {
  copyFileSync(intact, broken)
  const file = openSync(broken, 'r+')
  writeSync(file, new Uint8Array(PAGE_BYTES).fill(255), 0, PAGE_BYTES, 2 * PAGE_BYTES)
  closeSync(file)
  const [first] = problemsIn(broken, null)
  expect(first?.name).toBe('the file is intact')
  expect(first?.problem?.length).toBeLessThan(300)
})

test.each([
  ['UPDATE licenses SET domains_used = 7', 'every license has the right activation counts'],
  ['UPDATE licenses SET devices_used = 0', 'every license has the right activation counts'],
  [
    "DELETE FROM activations WHERE kind = 'device'",
    'every license has the right activation counts',
  ],
  ["UPDATE events SET type = 'license.updated'", 'every license has a license.created event'],
  ['UPDATE licenses SET event_sequence = 99', 'every license has all its events'],
  ["DELETE FROM plans WHERE slug = 'professional'", 'every reference is valid'],
  ["UPDATE migrations SET sha256 = 'other'", 'the schema is up to date or can be upgraded'],
  ["UPDATE meta SET value = 'other'", 'the master secret matches'],
])('inspect: after %s only this check fails: %s', (sql, name) => {
  copyFileSync(intact, broken)
  using db = new Database(broken)
  db.run(sql)
  const problems = problemsIn(broken, testApp.deps.vault.check)
  expect(problems.map((problem) => problem.name)).toEqual([name])
})
