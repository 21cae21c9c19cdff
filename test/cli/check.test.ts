import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { databasePath } from '~/store/sqlite/connection.ts'
import { copyDatabase } from '~/store/sqlite/files/backup.ts'
import { openTestApp, type TestApp } from '../support/app.ts'
import { runLicet, Workplace } from './processes.ts'

/** What the database of the tests was made with. */
const env = { LICET_MASTER_SECRET: Buffer.alloc(32, 7).toString('base64') }

const workplace = new Workplace()
const copy = workplace.at('copy.sqlite')
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
  workplace[Symbol.dispose]()
})

test('check passes a data directory in use, a line for each check', async () => {
  const { code, stdout, stderr } = await runLicet(workplace, ['check', testApp.directory], env)
  expect(stdout.match(/^ok {6}/gm)).toHaveLength(8)
  expect(stdout).not.toContain('FAILED')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
})

test('check fails a backup with a wrong count, names the license and repairs nothing', async () => {
  copyDatabase(databasePath(testApp.directory), copy)
  using db = new Database(copy)
  db.run('UPDATE licenses SET domains_used = 7')
  const { code, stdout, stderr } = await runLicet(workplace, ['check', copy])
  expect(stdout).toContain(
    `FAILED  licenses count their activations rightly: 1 wrong: ${licenseId}`,
  )
  expect(stderr).toStartWith('Whether the master secret fits is not checked')
  expect(stderr).toEndWith('1 of 6 checks failed.\n')
  expect(code).toBe(1)
  expect(db.query('SELECT domains_used FROM licenses').values()).toEqual([[7]])
})

test('check names the master secret when it is another', async () => {
  const other = { LICET_MASTER_SECRET: Buffer.alloc(32, 8).toString('base64') }
  const { code, stdout } = await runLicet(workplace, ['check', testApp.directory], other)
  expect(stdout).toContain('FAILED  the master secret fits: it was made with another')
  expect(code).toBe(1)
})
