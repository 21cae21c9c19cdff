import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { databasePath } from '~/store/sqlite/connection.ts'
import { copyDatabase } from '~/store/sqlite/files/backup.ts'
import { openTestApp, type TestApp } from '../support/app.ts'
import { runLicet, Sandbox } from '../support/server.ts'

/** The master secret of the test database. */
const env = { LICET_MASTER_SECRET: Buffer.alloc(32, 7).toString('base64') }

const sandbox = new Sandbox()
const copy = sandbox.at('copy.sqlite')
let testApp: TestApp
let licenseId: string

beforeAll(async () => {
  testApp = await openTestApp()
  const license = { plan: 'professional', customer_email: 'dev@example.com' }
  const { body } = await testApp.send('POST', '/api/v1/licenses', license)
  licenseId = body.id
})
afterAll(async () => {
  await testApp.close()
  sandbox[Symbol.dispose]()
})

test('check: a data directory in use passes, with one line per check', async () => {
  const { code, stdout, stderr } = await runLicet(sandbox, ['check', testApp.directory], env)
  expect(stdout.match(/^ok {6}/gm)).toHaveLength(11)
  expect(stdout).not.toContain('FAILED')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
})

test('check: a backup with a wrong count fails, names the license and is not repaired', async () => {
  copyDatabase(databasePath(testApp.directory), copy)
  using db = new Database(copy)
  db.run('UPDATE licenses SET domains_used = 7')
  const { code, stdout, stderr } = await runLicet(sandbox, ['check', copy])
  expect(stdout).toContain(
    `FAILED  every license has the right activation counts: 1 wrong: ${licenseId}`,
  )
  expect(stderr).toStartWith('The master secret is not checked')
  expect(stderr).toEndWith('1 of 7 checks failed.\n')
  expect(code).toBe(1)
  expect(db.query('SELECT domains_used FROM licenses').values()).toEqual([[7]])
})

test('check: a wrong master secret is reported', async () => {
  const other = { LICET_MASTER_SECRET: Buffer.alloc(32, 8).toString('base64') }
  const { code, stdout } = await runLicet(sandbox, ['check', testApp.directory], other)
  expect(stdout).toContain('FAILED  the master secret matches: it was created with a different')
  expect(code).toBe(1)
})
