import type { Deps } from '~/deps.ts'
import { describeChange } from '~/domain/audit-values.ts'
import type { Backup as DomainBackup } from '~/domain/backups.ts'
import {
  Backup,
  BackupFile,
  BackupSchedule,
  NewBackup,
  presentBackup,
  presentBackupSchedule,
  presentNewBackup,
  presentVerification,
  Verification,
} from '~/wire/backups.ts'
import { NoBody } from '~/wire/fields.ts'
import { listPage } from '~/wire/pages.ts'
import { answers, created, files, noContent, pages } from '../answers.ts'
import { presentFound } from '../plugins/command.ts'
import { requireFound } from '../plugins/runs.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'

const resource = { noun: 'backup', present: presentBackup }
const newBackup = { noun: 'backup', present: presentNewBackup, actsBefore: true }

type BackupDeps = Pick<Deps, 'backups' | 'clock'>

export const backupRoutes = ({ backups, clock }: BackupDeps, routes: ScopedRoutes) =>
  routes('/backups', 'Operations')
    .get('/schedule', () => presentBackupSchedule(backups.scheduled.describe(clock.nowMs())), {
      scope: 'backups:read',
      operationId: 'getBackupSchedule',
      ...answers(BackupSchedule, 409),
      summary: 'Get the schedule of backups, with the last result',
    })
    .get('', ({ query }) => listPage('backups', query, presentBackup, backups.list), {
      scope: 'backups:read',
      operationId: 'listBackups',
      ...pages(Backup, 409),
      summary: 'List the backups in the data directory, newest first',
    })
    .post(
      '',
      ({ command, server, request }) => {
        server?.timeout(request, 0)
        return command.create(newBackup, async (context) => {
          const backup = await backups.create(command.nowMs)
          const { name: subjectId, bytes, sha256, warning } = backup
          const change = describeChange('backup', null, { bytes, sha256, warning })
          await command.recordAfter({ action: 'backup.create', subjectId, change }, backup, context)
          for (const old of backup.deleted) await command.recordAfter(describeDeletion(old), null)
          return backup
        })
      },
      {
        scope: 'backups:write',
        operationId: 'createBackup',
        body: NoBody,
        ...created(NewBackup, 409, 503),
        summary: 'Back up the database',
        description:
          'Responds when the backup is complete, checked and on disk, which takes a few seconds per gigabyte. If the connection is closed before, the backup is still made, and the list shows it. Meanwhile, another one is refused with 409. Then the oldest backups are deleted if there are more than `LICET_BACKUPS_KEPT`.',
      },
    )

/** The routes of one backup. */
export const backupItemRoutes = ({ backups }: BackupDeps, routes: ScopedRoutes) =>
  routes('/backups/:name', 'Operations')
    .get('', ({ params }) => presentFound(resource, backups.find(params.name)), {
      scope: 'backups:read',
      operationId: 'getBackup',
      ...answers(Backup, 404, 409),
      summary: 'Get a backup',
    })
    .delete(
      '',
      async ({ params: { name }, set, command }) => {
        const deleted = requireFound('backup', await backups.delete(name))
        await command.recordAfter(describeDeletion(deleted), null)
        set.status = 204
      },
      {
        scope: 'backups:write',
        operationId: 'deleteBackup',
        ...noContent(404, 409, 503),
        summary: 'Delete a backup',
        description: 'A backup that is being made, verified or downloaded is not deleted (409).',
      },
    )
    .post(
      '/verify',
      async ({ params: { name }, server, request, command }) => {
        server?.timeout(request, 0)
        const checks = requireFound('backup', await backups.verify(name))
        const verification = presentVerification(name, checks)
        const change = describeChange('backup', null, { intact: verification.intact })
        const action = { action: 'backup.verify', subjectId: name, change }
        return command.recordAfter(action, verification)
      },
      {
        scope: 'backups:write',
        operationId: 'verifyBackup',
        idempotent: false,
        body: NoBody,
        ...answers(Verification, 404, 409, 503),
        summary: 'Check a backup for damage, and whether it can be restored',
      },
    )
    .get(
      '/download',
      async ({ params: { name }, command }) => {
        requireFound('backup', await backups.read(name))
        await command.recordBefore({ action: 'backup.download', subjectId: name, change: null })
        // Again, because it may have been deleted meanwhile.
        const file = requireFound('backup', await backups.read(name))
        return new Response(file, {
          headers: {
            'content-type': 'application/octet-stream',
            'content-disposition': `attachment; filename="${name}"`,
          },
        })
      },
      {
        scope: 'backups:download',
        operationId: 'downloadBackup',
        ...files(BackupFile, 404, 409),
        summary: 'Download a backup',
        description:
          'The file contains the whole database, but not the master secret, without which it cannot be used. A download that was interrupted continues with the header Range: the response is 206 with that part, or an empty 416 if the file is not that long.',
      },
    )

function describeDeletion({ name, bytes, sha256 }: DomainBackup) {
  const change = describeChange('backup', { bytes, sha256 }, null)
  return { action: 'backup.delete', subjectId: name, change }
}
