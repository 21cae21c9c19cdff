import type { Static } from '@sinclair/typebox'
import type { BackupSchedule as DomainSchedule } from '~/domain/backup-schedule.ts'
import {
  type BackupCheck,
  backupStates,
  type CreatedBackup,
  type Backup as DomainBackup,
} from '~/domain/backups.ts'
import { toTimestamp } from '~/domain/times.ts'
import { Time } from './fields.ts'
import { Type } from './type.ts'

const name = 'licet-2026-03-06T12-00-00-000Z.sqlite'
const example = {
  name,
  state: 'complete',
  bytes: 52_428_800,
  created_at: '2026-03-06T12:00:00Z',
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
}

const properties = {
  name: Type.Described('The name of the file in `backups/`.'),
  state: Type.Literals(backupStates, {
    title: 'BackupState',
    description: 'A backup that is still `running` can be neither verified nor downloaded.',
  }),
  bytes: Type.Count('The size of the file so far.'),
  created_at: Time,
  sha256: Type.Nullable(
    Type.Described(
      'The SHA-256 of the file as it was written, in hexadecimal; null if it was not recorded.',
    ),
  ),
}

export const Backup = Type.Response(
  'Backup',
  'A copy of the database in the data directory.',
  example,
  properties,
)
export type Backup = Static<typeof Backup>

export const NewBackup = Type.Response(
  'NewBackup',
  'A new backup, which is complete, checked and on disk.',
  { ...example, warning: null, deleted: [] },
  {
    ...properties,
    warning: Type.Nullable(
      Type.Described('Data that is missing from the backup; null if it is complete.'),
    ),
    deleted: Type.Array(Type.String(), {
      description: 'The names of old backups that were deleted, because only so many are kept.',
    }),
  },
)
export type NewBackup = Static<typeof NewBackup>

export const Verification = Type.Response(
  'BackupVerification',
  'The result of the checks of a backup.',
  { name, intact: true, checks: [{ name: 'the file is intact', problem: null }] },
  {
    name: Type.String(),
    intact: Type.Boolean({ description: 'Whether all checks have passed.' }),
    checks: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          problem: Type.Nullable(Type.Described('What is wrong; null if the check has passed.')),
        },
        { title: 'BackupCheck' },
      ),
    ),
  },
)
export type Verification = Static<typeof Verification>

const attempt = {
  started_at: '2026-03-06T02:30:00Z',
  ended_at: '2026-03-06T02:30:04Z',
  name: 'licet-scheduled-2026-03-06T02-30-00-000Z-kqzmwfta.sqlite.age',
  bytes: 52_441_612,
  warning: null,
  error: null,
}

const BackupAttempt = Type.Response('BackupAttempt', 'A run of the schedule.', attempt, {
  started_at: Time,
  ended_at: Type.Nullable({
    ...Time,
    description: 'Null while it is running, and if it was interrupted.',
  }),
  name: Type.Nullable(Type.Described('The name of the backup, if there is one.')),
  bytes: Type.Nullable(Type.Count('Its size.')),
  warning: Type.Nullable(Type.Described('Data that is missing from it; null if it is complete.')),
  error: Type.Nullable(Type.Described('Why it failed; null if it did not.')),
})

export const BackupSchedule = Type.Response(
  'BackupSchedule',
  'When and where backups are made without being asked for, with the last result.',
  {
    cron: '30 2 * * *',
    to: 's3://acme-backups/licet',
    encrypted: true,
    includes_usage: false,
    keep: 30,
    keep_days: null,
    next_at: '2026-03-07T02:30:00Z',
    running: false,
    failures: 0,
    last_success_at: '2026-03-06T02:30:04Z',
    last: attempt,
  },
  {
    cron: Type.Nullable(
      Type.Described('The pattern of `LICET_BACKUP_CRON`, in UTC; null if there is no schedule.'),
    ),
    to: Type.Described('A folder, or a bucket and prefix.'),
    encrypted: Type.Boolean({ description: 'Whether backups are encrypted with age.' }),
    includes_usage: Type.Boolean({ description: 'Whether the usage file is backed up as well.' }),
    keep: Type.Nullable(Type.Count('How many are kept; null if only their age counts.')),
    keep_days: Type.Nullable(
      Type.Count('For how many days they are kept; null if only their number counts.'),
    ),
    next_at: Type.Nullable({ ...Time, description: 'When the next one is due.' }),
    running: Type.Boolean({ description: 'Whether one is being made.' }),
    failures: Type.Count('How many have failed since the last success.'),
    last_success_at: Type.Nullable({ ...Time, description: 'Null if none has succeeded yet.' }),
    last: Type.Nullable(BackupAttempt),
  },
)
export type BackupSchedule = Static<typeof BackupSchedule>

export const BackupFile = Type.String({
  contentMediaType: 'application/octet-stream',
  description: 'The file, a SQLite database.',
  examples: ['SQLite format 3'],
})

export function presentBackup({ name, state, bytes, createdAtMs, sha256 }: DomainBackup): Backup {
  return { name, state, bytes, created_at: toTimestamp(createdAtMs), sha256 }
}

export function presentNewBackup(backup: CreatedBackup): NewBackup {
  const { warning, deleted } = backup
  return { ...presentBackup(backup), warning, deleted: deleted.map(({ name }) => name) }
}

export function presentVerification(name: string, found: readonly BackupCheck[]): Verification {
  const checks = found.map(({ name, problem }) => ({ name, problem }))
  return { name, intact: checks.every(({ problem }) => problem === null), checks }
}

const toTime = (atMs: number | null) => (atMs === null ? null : toTimestamp(atMs))

export function presentBackupSchedule(schedule: DomainSchedule): BackupSchedule {
  const { last } = schedule
  return {
    cron: schedule.cron,
    to: schedule.to,
    encrypted: schedule.isEncrypted,
    includes_usage: schedule.includesUsage,
    keep: schedule.keep,
    keep_days: schedule.keepDays,
    next_at: toTime(schedule.nextAtMs),
    running: schedule.isRunning,
    failures: schedule.failures,
    last_success_at: toTime(schedule.lastSuccessAtMs),
    last: last && {
      started_at: toTimestamp(last.startedAtMs),
      ended_at: toTime(last.endedAtMs),
      name: last.name,
      bytes: last.bytes,
      warning: last.warning,
      error: last.error,
    },
  }
}
