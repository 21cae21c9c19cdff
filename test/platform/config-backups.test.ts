import { afterAll, expect, test } from 'bun:test'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateHybridIdentity, generateIdentity, identityToRecipient } from 'age-encryption'
import { createScratchDirectory } from '../support/scratch.ts'
import { problemOf, read } from './problems.ts'

const directory = createScratchDirectory()
afterAll(() => rmSync(directory, { recursive: true }))

const s3 = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'key' }

test('config: by default, no backup is scheduled, and none is encrypted', () => {
  const { config, secrets } = read({})
  expect(config.backups).toEqual({
    cron: null,
    to: null,
    keep: 30,
    keepDays: null,
    includesUsage: false,
  })
  expect(secrets.backupKey).toBeNull()
})

test('config: LICET_BACKUP_TO on S3 is a bucket with a prefix, and needs credentials', () => {
  for (const [text, prefix] of [
    ['s3://my-bucket', ''],
    ['s3://my-bucket/', ''],
    ['s3://my-bucket/a/b/', 'a/b/'],
  ] as const) {
    const { config } = read({ ...s3, LICET_BACKUP_TO: text })
    expect(config.backups.to).toEqual({ kind: 's3', bucket: 'my-bucket', prefix })
  }
  const alone = problemOf({ LICET_BACKUP_TO: 's3://my-bucket', S3_ACCESS_KEY_ID: 'id' })
  expect(alone).toContain('needs AWS_SECRET_ACCESS_KEY (or S3_SECRET_ACCESS_KEY)')
})

test('config: LICET_BACKUP_RECIPIENT is any public key of age, and excludes a passphrase', async () => {
  for (const identity of [await generateIdentity(), await generateHybridIdentity()]) {
    const recipient = await identityToRecipient(identity)
    const { secrets } = read({ LICET_BACKUP_RECIPIENT: recipient })
    expect(secrets.backupKey).toEqual({ kind: 'recipient', recipient })
    const both = { LICET_BACKUP_RECIPIENT: recipient, LICET_BACKUP_PASSPHRASE: 'twelve characters' }
    expect(problemOf(both)).toContain('exclude each other')
    const secret = problemOf({ LICET_BACKUP_RECIPIENT: identity })
    expect(secret).toContain('public key')
    expect(secret).not.toContain(identity)
  }
})

test('config: a passphrase comes from its variable or a file, and is never shown', () => {
  const path = join(directory, 'passphrase')
  writeFileSync(path, 'from the file, with spaces \n')
  const fromFile = read({ LICET_BACKUP_PASSPHRASE_FILE: path })
  const passphrase = 'from the file, with spaces '
  expect(fromFile.secrets.backupKey).toEqual({ kind: 'passphrase', passphrase })
  expect(JSON.stringify(fromFile.variables)).not.toContain('with spaces')
  const both = { LICET_BACKUP_PASSPHRASE_FILE: path, LICET_BACKUP_PASSPHRASE: 'from the variable' }
  expect(read(both).secrets.backupKey).toMatchObject({ passphrase: 'from the variable' })
  const short = problemOf({ LICET_BACKUP_PASSPHRASE: 'too-short' })
  expect(short).toContain('12–1024')
  expect(short).not.toContain('too-short')
})

test('config: with PostgreSQL, variables of backups are refused, with what to use instead', () => {
  const problems = problemOf({
    LICET_DATABASE_URL: 'postgres://licet@db.example.com/licet',
    LICET_MASTER_SECRET: Buffer.alloc(32, 1).toString('base64'),
    LICET_BACKUP_CRON: '30 2 * * *',
    LICET_BACKUP_KEEP: '3',
    LICET_CHECKPOINTS: 'external',
  })
  expect(problems).toContain('LICET_BACKUP_CRON, LICET_BACKUP_KEEP: Licet makes no backups with')
  expect(problems).toContain('PITR')
  expect(problems).toContain('LICET_CHECKPOINTS has no effect')
})
