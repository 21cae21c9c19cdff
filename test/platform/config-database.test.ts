import { expect, test } from 'bun:test'
import { problemOf, read } from './problems.ts'

const secret = { LICET_MASTER_SECRET: Buffer.alloc(32, 7).toString('base64') }
const url = { LICET_DATABASE_URL: 'postgres://licet:hunter2@db.example.com:6432/licet' }

test('config: by default the database is in the data directory, and no outage is tolerated', () => {
  const { config, secrets } = read({})
  expect(config).toMatchObject({ database: null, outageSeconds: 0 })
  expect(secrets.databaseUrl).toBeNull()
})

test('config: the password in LICET_DATABASE_URL is never shown', () => {
  const { config, secrets, variables } = read({ ...url, ...secret })
  expect(config.database).toEqual({ host: 'db.example.com:6432', name: 'licet' })
  expect(secrets.databaseUrl).toBe(url.LICET_DATABASE_URL)
  expect(JSON.stringify({ config, variables })).not.toContain('hunter2')
  expect(variables.find(({ name }) => name === 'LICET_DATABASE_URL')?.value).toBe('set')
})

const invalid = [
  'db.example.com',
  'mysql://u:hunter2@db.example.com/licet',
  'postgres://u:hunter2@db.example.com',
  'postgres:///licet',
]

test.each(invalid)('config: LICET_DATABASE_URL=%p is rejected', (text) => {
  const problem = problemOf({ ...secret, LICET_DATABASE_URL: text })
  expect(problem).toStartWith('LICET_DATABASE_URL must be the URL of a PostgreSQL database')
  expect(problem).not.toContain('hunter2')
})

test('config: LICET_DATABASE_URL needs a master secret, which all servers share', () => {
  expect(problemOf(url)).toStartWith('LICET_DATABASE_URL needs LICET_MASTER_SECRET')
  // One problem is enough for a secret that is mistyped.
  expect(problemOf({ ...url, LICET_MASTER_SECRET: 'mistyped' })).toMatch(/^LICET_MASTER_SECRET .*$/)
})

test('config: LICET_OUTAGE_SECONDS is up to an hour, and needs LICET_DATABASE_URL', () => {
  const both = { ...url, ...secret }
  expect(read({ ...both, LICET_OUTAGE_SECONDS: '3600' }).config.outageSeconds).toBe(3600)
  expect(problemOf({ ...both, LICET_OUTAGE_SECONDS: '3601' })).toContain('from 0 to 3600')
  expect(problemOf({ LICET_OUTAGE_SECONDS: '60' })).toContain('no effect')
})
