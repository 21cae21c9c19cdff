import type { Deps } from '~/deps.ts'
import type { BoundFile } from '~/domain/file-issuance.ts'
import { signLicenseFile } from '~/signing/license-file.ts'
import type { Changed } from '~/store/port.ts'
import {
  CreateFileBody,
  IssuedLicenseFile,
  LicenseFile,
  presentIssuedFile,
  presentLicenseFile,
} from '~/wire/license-files.ts'
import { listPage } from '~/wire/pages.ts'
import { created, pages } from '../answers.ts'
import { issueFile } from '../license-files.ts'
import { requireFound } from '../plugins/runs.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'
import { requireMailServer } from './mails.ts'

type FileDeps = Pick<Deps, 'store' | 'vault' | 'signer' | 'randomBytes' | 'createId' | 'sendMail'>

export const licenseFileRoutes = (deps: FileDeps, routes: ScopedRoutes) => {
  const { store, sendMail } = deps

  return routes('/licenses/:id', 'License files')
    .post(
      '/file',
      async ({ params, body, command }) => {
        if (body?.mail) requireMailServer(sendMail)
        const feedPosition = await store.revocations.findPosition()
        const { nowMs } = command
        const present = (changed: Changed<BoundFile>) => {
          const occasion = { nonce: null, feedPosition, nowMs }
          const text = signLicenseFile(deps, changed, changed.result, occasion)
          return presentIssuedFile(changed.result.file, text)
        }
        return command.create({ noun: 'license', present }, (context) =>
          issueFile(deps, params.id, body ?? {}, context),
        )
      },
      {
        scope: 'licenses:write',
        operationId: 'createLicenseFile',
        body: CreateFileBody,
        ...created(IssuedLicenseFile, 404, 409),
        summary: 'Create a signed license file, with which an app works without a connection',
        description:
          'Activates the device and the domains that the file is bound to. A license with a limit of ' +
          'devices or domains needs at least one of them. The text of the file is not stored.',
      },
    )
    .get(
      '/files',
      ({ params: { id }, query }) =>
        listPage(`files of ${id}`, query, presentLicenseFile, async (page) => {
          requireFound('license', await store.licenses.find(id))
          return store.licenseFiles.list(id, page)
        }),
      {
        scope: 'licenses:read',
        operationId: 'listLicenseFiles',
        ...pages(LicenseFile, 404),
        summary: 'List the license files of a license, newest first, without their text',
      },
    )
}
