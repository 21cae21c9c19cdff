import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { startBucket, type TestBucket } from '../../support/s3.ts'
import {
  ADMIN_TOKEN,
  runLicet,
  Sandbox,
  type ServerProcess,
  startServer,
} from '../../support/server.ts'

const sandbox = new Sandbox()
let bucket: TestBucket
beforeAll(async () => {
  bucket = await startBucket()
})
afterAll(async () => {
  await bucket[Symbol.asyncDispose]()
  sandbox[Symbol.dispose]()
})

const masterSecret = Buffer.alloc(32, 'drill').toString('base64')

const envOf = (directory: string, more: Readonly<Record<string, string>> = {}) => ({
  LICET_DATA_DIR: sandbox.at(directory),
  LICET_ADMIN_TOKEN: ADMIN_TOKEN,
  LICET_MASTER_SECRET: masterSecret,
  ...bucket.env,
  ...more,
})

async function createLicense(server: ServerProcess): Promise<{ id: string; key: string }> {
  const order = { plan: 'enterprise', customer_email: 'dev@example.com' }
  return (await server.send('POST', '/api/v1/licenses', order)).body
}

const runJob = (server: ServerProcess) => server.send('POST', '/api/v1/jobs/back-up/run')

test('drill: a scheduled backup on S3 is restored into an empty data directory, and keys validate', async () => {
  const identity = await generateIdentity()
  writeFileSync(sandbox.at('identity.txt'), `# created: today\n${identity}\n`)
  const env = envOf('drill', {
    LICET_BACKUP_CRON: '30 2 * * *',
    LICET_BACKUP_TO: bucket.at('drill'),
    LICET_BACKUP_RECIPIENT: await identityToRecipient(identity),
    LICET_BACKUP_USAGE: 'true',
  })
  const server = await startServer(sandbox, env)
  // The first backup of a new schedule is made at once.
  await server.waitForLog('scheduled backup made')
  const { id, key } = await createLicense(server)
  await server.send('POST', '/api/v1/validate', { key })
  expect((await runJob(server)).body).toMatchObject({ processed: 1 })
  const { body: schedule } = await server.send('GET', '/api/v1/backups/schedule')
  expect(schedule).toMatchObject({
    cron: '30 2 * * *',
    to: bucket.at('drill'),
    encrypted: true,
    failures: 0,
    last: { error: null, warning: null },
  })
  expect(schedule.last.name).toMatch(/^licet-scheduled-[\dT-]+Z-[a-z]{8}\.sqlite\.age$/)
  const names = await bucket.list('drill')
  expect(names.length).toBe(8)
  expect(names).toContain(`${schedule.last.name}.sha256`)
  const { text } = await server.send('GET', '/metrics')
  expect(text).toMatch(/^licet_scheduled_backup_bytes [1-9]\d+$/m)
  expect(text).toMatch(/^licet_scheduled_backup_failures 0$/m)
  await server.kill()

  rmSync(sandbox.at('drill'), { recursive: true })
  const args = ['restore', '--latest', '--identity', sandbox.at('identity.txt')]
  const { code, stdout, stderr } = await runLicet(sandbox, args, env)
  expect(stderr).toBe('')
  expect(stdout).toContain(`Restored ${schedule.last.name} from ${bucket.at('drill')}.`)
  expect(stdout).toContain('Restored its usage history.')
  expect(code).toBe(0)
  expect(readdirSync(sandbox.at('drill', 'backup-work'))).toEqual(['lock.sqlite'])
  await using restored = await startServer(sandbox, env)
  const validation = await restored.send('POST', '/api/v1/validate', { key })
  expect(validation.body).toMatchObject({ valid: true })
  const { body: usage } = await restored.send('GET', `/api/v1/licenses/${id}/usage`)
  expect(usage.summary.valid).toBeGreaterThanOrEqual(1)
})
