import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { closeSync, copyFileSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { databasePath } from '~/store/sqlite/connection.ts'
import { copyDatabase } from '~/store/sqlite/files/backup.ts'
import { inspectDatabase } from '~/store/sqlite/files/inspect.ts'
import { openTestApp, type TestApp, type TestResponse } from '../../../support/app.ts'
import { openLicensedApp } from '../../../support/licensed-app.ts'

const PAGE_BYTES = 4096
const DAY_MS = 86_400_000

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
    const { status } = await send('POST', '/api/v1/activate', { key: body.key, ...place })
    expect(status).toBe(200)
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

test('inspect: free, development and staging domains, evictions, moves and other plans keep the counts right', async () => {
  await using app = await openLicensedApp({
    evict_idle_days: 30,
    free_domain_patterns: ['staging.*', '*.wpengine.com'],
  })
  const act = (route: string, domain: string) => app.callWithKey(route, { domain })
  const manage = (path: string, body: object) =>
    app.send('POST', `/api/v1/licenses/${app.id}/${path}`, body)
  const steps: readonly (() => Promise<TestResponse>)[] = [
    () => act('activate', 'a.example'),
    () => act('activate', 'localhost'),
    () => act('validate', 'staging.one.com'),
    () => act('activate', 'one.com'),
    () => act('activate', 'shop.wpengine.com'),
    () => act('activate', 'two.com'),
    () => act('activate', 'staging.two.com'),
    () => manage('activations/move', { from: 'one.com', to: 'three.com' }),
    () => manage('activations/move', { from: 'three.com', to: 'b.example' }),
    () => act('deactivate', 'a.example'),
    () => act('deactivate', 'shop.wpengine.com'),
    () => app.send('PUT', '/api/v1/plans/sold', { free_domain_patterns: [], max_domains: 1 }),
    () => {
      app.clock.advanceMs(60 * DAY_MS)
      return act('activate', 'four.com')
    },
    () =>
      app.send('PUT', '/api/v1/plans/sold', { development_domains_free: false, max_domains: 9 }),
    () => act('activate', 'c.example'),
    () => app.send('PUT', `/api/v1/licenses/${app.id}`, { plan: 'professional', expiry: 'keep' }),
    () => act('activate', 'd.example'),
    () => act('deactivate', 'b.example'),
  ]
  for (const [index, step] of steps.entries()) {
    const { status, text } = await step()
    expect([index, status, text]).toEqual([index, 200, text])
    expect(problemsIn(databasePath(app.directory), null)).toEqual([])
  }
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
  ['UPDATE licenses SET free_domains_used = 1', 'every license has the right activation counts'],
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
