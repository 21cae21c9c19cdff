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
let whole: string
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
  whole = join(directory, 'whole.sqlite')
  broken = join(directory, 'broken.sqlite')
  copyDatabase(databasePath(directory), whole)
})
afterAll(() => testApp.close())

const problemsIn = (path: string, secretCheck: string | null) =>
  inspectDatabase(path, secretCheck, 'rows').filter(({ problem }) => problem !== null)

test('a database in use is whole, and so is its copy', () => {
  const { check } = testApp.deps.vault
  expect(problemsIn(databasePath(testApp.directory), check)).toEqual([])
  expect(problemsIn(whole, check)).toEqual([])
})

test('a page of rubbish is found, and told in few words', () => {
  copyFileSync(whole, broken)
  const file = openSync(broken, 'r+')
  writeSync(file, new Uint8Array(PAGE_BYTES).fill(255), 0, PAGE_BYTES, 2 * PAGE_BYTES)
  closeSync(file)
  const [first] = problemsIn(broken, null)
  expect(first?.name).toBe('the file is sound')
  expect(first?.problem?.length).toBeLessThan(300)
})

test.each([
  ['UPDATE licenses SET domains_used = 7', 'licenses count their activations rightly'],
  ['UPDATE licenses SET devices_used = 0', 'licenses count their activations rightly'],
  ["DELETE FROM activations WHERE kind = 'device'", 'licenses count their activations rightly'],
  ["UPDATE events SET type = 'license.updated'", 'every license has told of its creation'],
  ['UPDATE licenses SET event_sequence = 99', 'no event of a license is missing'],
  ["DELETE FROM plans WHERE slug = 'professional'", 'every reference leads somewhere'],
  ["UPDATE migrations SET sha256 = 'other'", 'its schema is known'],
  ["UPDATE meta SET value = 'other'", 'the master secret fits'],
])('%s breaks one promise: %s', (sql, name) => {
  copyFileSync(whole, broken)
  using db = new Database(broken)
  db.run(sql)
  const problems = problemsIn(broken, testApp.deps.vault.check)
  expect(problems.map((problem) => problem.name)).toEqual([name])
})
