import { basename, dirname, resolve } from 'node:path'
import { bech32 } from '@scure/base'
import { reasonOf } from '~/domain/faults.ts'
import type { Reader } from './config.ts'
import { parseInteger, readBytes } from './config-values.ts'
import { findNextTime } from './cron.ts'

const BACKUPS_MAX = 10_000
const DAYS_MAX = 36_500
const PASSPHRASE_CHARACTERS_MIN = 12
const PASSPHRASE_CHARACTERS_MAX = 1024
/** Keys of age: the classic ones, and those that also resist quantum computers. */
const RECIPIENT_PREFIXES = ['age', 'age1pq']
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/
/** Letters that need no escape in a URL or a shell. */
const PREFIX = /^[A-Za-z0-9!_.*'()=/-]*$/
const S3_CREDENTIALS = ['ACCESS_KEY_ID', 'SECRET_ACCESS_KEY']

/** How backups are encrypted. */
export type BackupKey =
  | { readonly kind: 'recipient'; readonly recipient: string }
  | { readonly kind: 'passphrase'; readonly passphrase: string }

/** Where backups are kept: in a folder, or in a bucket below a prefix. */
export type BackupLocation =
  | { readonly kind: 'folder'; readonly path: string }
  /** The prefix is empty or ends with a slash. */
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string }

export type BackupSettings = ReturnType<typeof readBackups>['settings']

const variables = [
  'LICET_BACKUP_CRON',
  'LICET_BACKUP_TO',
  'LICET_BACKUP_KEEP',
  'LICET_BACKUP_KEEP_DAYS',
  'LICET_BACKUP_USAGE',
  'LICET_BACKUP_RECIPIENT',
  'LICET_BACKUP_PASSPHRASE',
  'LICET_BACKUP_PASSPHRASE_FILE',
]

/** Reads the variables of scheduled backups. `key` is a secret. */
export function readBackups(reader: Reader, hasDatabaseUrl: boolean) {
  const { problems, read, isSet } = reader
  const keepDays = read('LICET_BACKUP_KEEP_DAYS', null, parseInteger(1, DAYS_MAX))
  const settings = {
    /** Five fields, in UTC. Null: backups are only made by hand. */
    cron: read('LICET_BACKUP_CRON', null, parseCron),
    /** Null is the folder `backups` of the data directory. */
    to: read('LICET_BACKUP_TO', null, parseLocation),
    /** Null if only the age counts. */
    keep: read('LICET_BACKUP_KEEP', keepDays === null ? 30 : null, parseInteger(1, BACKUPS_MAX)),
    keepDays,
    includesUsage: read('LICET_BACKUP_USAGE', false, parseSwitch),
  }
  const key = readKey(reader)
  const set = variables.filter(isSet)
  if (hasDatabaseUrl && set.length > 0) {
    problems.push(
      `${set.join(', ')}: Licet makes no backups with LICET_DATABASE_URL. Use those of PostgreSQL, which can restore any point in time (continuous archiving and PITR), and remove this.`,
    )
  }
  if (settings.to?.kind === 's3') requireCredentials(reader)
  return { settings, key }
}

function requireCredentials({ problems, isSet }: Reader): void {
  const missing = S3_CREDENTIALS.filter((name) => !isSet(`S3_${name}`) && !isSet(`AWS_${name}`))
  if (missing.length === 0) return
  const names = missing.map((name) => `AWS_${name} (or S3_${name})`)
  problems.push(`LICET_BACKUP_TO is on S3, which needs ${names.join(' and ')}.`)
}

function readKey({ problems, read, readSecret, isSet, noteFile }: Reader): BackupKey | null {
  const recipient = read('LICET_BACKUP_RECIPIENT', null, parseRecipient)
  const given = readSecret('LICET_BACKUP_PASSPHRASE', null, (text) =>
    parsePassphrase(text, 'must be'),
  )
  const parse = given === null ? readPassphrase : () => null
  const fromFile = read('LICET_BACKUP_PASSPHRASE_FILE', null, parse)
  if (fromFile !== null) noteFile('LICET_BACKUP_PASSPHRASE')
  const hasPassphrase = isSet('LICET_BACKUP_PASSPHRASE') || isSet('LICET_BACKUP_PASSPHRASE_FILE')
  if (hasPassphrase && isSet('LICET_BACKUP_RECIPIENT')) {
    problems.push(
      'LICET_BACKUP_RECIPIENT and LICET_BACKUP_PASSPHRASE exclude each other: set one of them.',
    )
  }
  if (recipient !== null) return { kind: 'recipient', recipient }
  const passphrase = given ?? fromFile?.passphrase ?? null
  return passphrase === null ? null : { kind: 'passphrase', passphrase }
}

export function parseCron(text: string): string {
  const words = text.split(/\s+/)
  const format = 'must be five fields in UTC: minute, hour, day, month and weekday'
  if (words.length !== 5) throw new Error(`${format}, such as 30 2 * * * for 02:30 each day.`)
  const pattern = words.join(' ')
  try {
    if (findNextTime(pattern, 0) !== null) return pattern
  } catch (error) {
    const reason = reasonOf(error)
    throw new Error(`${format}, but: ${reason}`)
  }
  throw new Error('is a time that never comes.')
}

/** Parses a folder, or s3://bucket/prefix. */
export function parseLocation(text: string): BackupLocation {
  if (!text.includes('://')) return { kind: 'folder', path: resolve(text) }
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]*)\/*(.*)$/.exec(text) ?? []
  if (!BUCKET.test(bucket) || !PREFIX.test(prefix)) {
    throw new Error('must be a folder, or a bucket and prefix such as s3://my-bucket/licet.')
  }
  const folder = prefix.replace(/\/+$/, '')
  return { kind: 's3', bucket, prefix: folder === '' ? '' : `${folder}/` }
}

/** Returns a location as it is written in its variable. */
export function formatLocation(location: BackupLocation): string {
  if (location.kind === 'folder') return location.path
  return `s3://${location.bucket}/${location.prefix.replace(/\/$/, '')}`
}

/** Returns the folder of a location that is one file, or its prefix, and the name in it. */
export function splitLocation(location: BackupLocation) {
  if (location.kind === 'folder') {
    const { path } = location
    return { folder: { ...location, path: dirname(path) }, name: basename(path) }
  }
  const key = location.prefix.replace(/\/$/, '')
  const prefix = key.slice(0, key.lastIndexOf('/') + 1)
  return { folder: { ...location, prefix }, name: key.slice(prefix.length) }
}

export function parseRecipient(text: string): string {
  try {
    const { prefix } = bech32.decode(text as `${string}1${string}`, false)
    if (RECIPIENT_PREFIXES.includes(prefix)) return text
  } catch {
    // The message of the library contains the text.
  }
  if (/^age-secret-key-/i.test(text)) {
    throw new Error(
      'must be the public key, which starts with age1: keep the secret key elsewhere.',
    )
  }
  throw new Error(
    'must be a public key of age, which starts with age1: create one with age-keygen.',
  )
}

export function parsePassphrase(text: string, verb: string): string {
  const count = [...text].length
  const isLine = !/[\p{Cc}]/u.test(text)
  if (isLine && count >= PASSPHRASE_CHARACTERS_MIN && count <= PASSPHRASE_CHARACTERS_MAX) {
    return text
  }
  throw new Error(
    `${verb} one line of ${PASSPHRASE_CHARACTERS_MIN}–${PASSPHRASE_CHARACTERS_MAX} characters.`,
  )
}

/** An object, so that the list of variables shows the path and not the passphrase. */
function readPassphrase(path: string) {
  const text = readBytes(path)
    .toString('utf8')
    .replace(/\r?\n$/, '')
  return { passphrase: parsePassphrase(text, 'must contain') }
}

function parseSwitch(text: string): boolean {
  if (text === 'true') return true
  if (text === 'false') return false
  throw new Error('must be true or false.')
}
