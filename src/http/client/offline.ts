import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { decideActivatedFile } from '~/domain/file-issuance.ts'
import type { TermsSnapshot } from '~/domain/licenses.ts'
import { type OfflineRequest, parseReturnCode } from '~/domain/offline-files.ts'
import { isRefusal, returnCodeUnknown, toRefusalFault } from '~/domain/verdicts.ts'
import { signLicenseFile } from '~/signing/license-file.ts'
import {
  IssuedLicenseFile,
  LicenseFile,
  presentIssuedFile,
  presentLicenseFile,
} from '~/wire/license-files.ts'
import { ActivateOfflineBody, DeactivateOfflineBody, parseRequestCode } from '~/wire/offline.ts'
import { clientAnswers } from '../answers.ts'
import { draftFile, requireFewFiles, returnFile } from '../license-files.ts'
import { openOptions } from '../plugins/route-options.ts'
import { createClientContext, decideThenCommit } from './decide-then-commit.ts'
import { type ClientCall, type ClientParts, createCall, createFindLicense } from './find-license.ts'

type OfflineDeps = Pick<Deps, 'store' | 'vault' | 'signer' | 'clock' | 'randomBytes' | 'createId'>

/** License files for devices without a connection, which a person carries to and from them. */
export const offlineRoutes = (deps: OfflineDeps, parts: ClientParts) => {
  const requireLicense = createRequireLicense(deps, parts)

  return new Elysia({ prefix: '/offline', tags: ['License files'] })
    .macro(openOptions)
    .derive(createCall(deps))
    .post(
      '/activate',
      async ({ body, call }) => {
        const request = parseRequestCode(body.request)
        const found = await requireLicense(request.key, call)
        await requireFewFiles(deps, found.license.id, call.nowMs)
        return activate(deps, parts, found, request, call)
      },
      {
        credential: 'license key',
        operationId: 'activateOffline',
        body: ActivateOfflineBody,
        ...clientAnswers(IssuedLicenseFile, 404, 409),
        summary: 'Activate a device without a connection',
        description:
          'Takes the request code that the app shows, and returns the license file to bring back. ' +
          'The same request takes no second slot.',
      },
    )
    .post(
      '/deactivate',
      async ({ body, call }) => {
        const code = parseReturnCode(body.code)
        const found = await requireLicense(body.key, call)
        const { id } = found.license
        const file = await deps.store.licenseFiles.findByReturn(id, deps.vault.hashReturnCode(code))
        if (file === null) {
          parts.rateLimit.recordFailure(parts.clientAddressOf(call.request))
          throw toRefusalFault(returnCodeUnknown)
        }
        return presentLicenseFile(await returnFile(deps, file, createClientContext(call)))
      },
      {
        credential: 'license key',
        operationId: 'deactivateOffline',
        body: DeactivateOfflineBody,
        ...clientAnswers(LicenseFile, 403, 404, 409),
        summary: 'Deactivate a device without a connection',
        description:
          'Takes the return code that the app has shown when it deleted its license file, and frees ' +
          'the slots of that file. Repeating it changes nothing.',
      },
    )
}

function createRequireLicense(deps: OfflineDeps, parts: ClientParts) {
  const findLicense = createFindLicense(deps, parts)
  return async (key: string, call: ClientCall): Promise<TermsSnapshot> => {
    const found = await findLicense(key, call)
    if (isRefusal(found)) throw toRefusalFault(found)
    return found
  }
}

async function activate(
  deps: OfflineDeps,
  { countryOf }: ClientParts,
  found: TermsSnapshot,
  { fingerprint, name, nonce, product }: OfflineRequest,
  call: ClientCall,
) {
  const { store, createId } = deps
  const { nowMs, request } = call
  const target = { kind: 'device', fingerprint } as const
  const draft = draftFile(deps, null, nowMs)
  const newcomer = { id: createId('act'), name, country: countryOf(request), nowMs }
  const query = { intent: 'activate', target } as const
  const feedPosition = await store.revocations.findPosition()
  const decided = await decideThenCommit(store, found, query, call, (state) =>
    decideActivatedFile(state, { target, product }, newcomer, draft),
  )
  const { result } = decided
  if (isRefusal(result)) throw toRefusalFault(result)
  for (const activation of result.activations) store.activations.recordSeen(activation, nowMs)
  const text = signLicenseFile(deps, decided, result, { nonce, feedPosition, nowMs })
  return presentIssuedFile(result.file, text)
}
