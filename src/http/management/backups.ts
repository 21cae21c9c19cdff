import type { Deps } from '~/deps.ts'
import {
  Backup,
  BackupFile,
  NewBackup,
  presentBackup,
  presentNewBackup,
  presentVerification,
  Verification,
} from '~/wire/backups.ts'
import { NoBody } from '~/wire/fields.ts'
import { listPage } from '~/wire/pages.ts'
import { answers, created, pages } from '../answers.ts'
import { presentFound } from '../plugins/command.ts'
import { requireFound } from '../plugins/runs.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'

const resource = { noun: 'backup', present: presentBackup }

export const backupRoutes = ({ backups }: Pick<Deps, 'backups'>, routes: ScopedRoutes) =>
  routes('/backups', 'Operations')
    .get('', ({ query }) => listPage('backups', query, presentBackup, backups.list), {
      scope: 'backups:read',
      operationId: 'listBackups',
      ...pages(Backup),
      summary: 'List the backups in the data directory, newest first',
    })
    .post(
      '',
      async ({ command, server, request, set }) => {
        server?.timeout(request, 0)
        const backup = await backups.create(command.nowMs)
        set.status = 201
        return presentNewBackup(backup)
      },
      {
        scope: 'backups:write',
        operationId: 'createBackup',
        idempotent: false,
        body: NoBody,
        ...created(NewBackup, 409, 503),
        summary: 'Back up the database',
        description:
          'Responds when the backup is complete, checked and on disk, which takes a few seconds per gigabyte. If the connection is closed before, the backup is still made, and the list shows it. Meanwhile, another one is refused with 409.',
      },
    )
    .get('/:name', ({ params }) => presentFound(resource, backups.find(params.name)), {
      scope: 'backups:read',
      operationId: 'getBackup',
      ...answers(Backup, 404),
      summary: 'Get a backup',
    })
    .post(
      '/:name/verify',
      async ({ params, server, request }) => {
        server?.timeout(request, 0)
        const checks = requireFound('backup', await backups.verify(params.name))
        return presentVerification(params.name, checks)
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
      '/:name/download',
      async ({ params }) => {
        const file = requireFound('backup', await backups.read(params.name))
        return new Response(file, {
          headers: {
            'content-type': 'application/octet-stream',
            'content-disposition': `attachment; filename="${params.name}"`,
          },
        })
      },
      {
        scope: 'backups:download',
        operationId: 'downloadBackup',
        ...answers(BackupFile, 404, 409),
        summary: 'Download a backup',
        description:
          'The file contains the whole database, but not the master secret, without which it cannot be used.',
      },
    )
