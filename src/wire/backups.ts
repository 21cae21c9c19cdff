import type { Static } from '@sinclair/typebox'
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
