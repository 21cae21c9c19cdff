import { Elysia } from 'elysia'
import { assert } from '~/assert.ts'
import type { Deps } from '~/deps.ts'
import { invalidField } from '~/domain/faults.ts'
import { type BoundFile, decideActivatedFile } from '~/domain/file-issuance.ts'
import type { LicenseRecord } from '~/domain/licenses.ts'
import { type OfflineRequest, parseReturnCode } from '~/domain/offline-files.ts'
import { isRefusal, returnCodeUnknown, toRefusalFault } from '~/domain/verdicts.ts'
import { signLicenseFile } from '~/signing/license-file.ts'
import type { Changed } from '~/store/port.ts'
import { parseDeviceName } from '~/wire/fields.ts'
import {
  IssuedLicenseFile,
  LicenseFile,
  presentIssuedFile,
  presentLicenseFile,
} from '~/wire/license-files.ts'
import { parseRequestCode } from '~/wire/offline.ts'
import { listPage } from '~/wire/pages.ts'
import { PortalFileBody, PortalReturnBody } from '~/wire/portal-licenses.ts'
import { portalAnswers, portalPages } from '../answers.ts'
import { createFindByKey } from '../find-by-key.ts'
import { draftFile, issueFile, requireFewFiles, returnFile } from '../license-files.ts'
import type { PortalParts } from '../plugins/portal-auth.ts'
import { openOptions } from '../plugins/route-options.ts'
import { createPortalCall, type PortalCall, requireOwnLicense } from './portal-call.ts'

/** License files, with which an app works without a connection. */
export const portalFileRoutes = (deps: Deps, parts: PortalParts) => {
  const { store, vault } = deps
  const issue = createIssue(deps)

  return new Elysia({ prefix: '/licenses/:id', tags: ['Portal'] })
    .macro(openOptions)
    .derive(createPortalCall(deps, parts))
    .post(
      '/file',
      async ({ params, body, call }) => {
        const record = await requireOwnLicense(deps, call, params.id)
        await requireFewFiles(deps, record.license.id, call.nowMs)
        return issue(record, body, call)
      },
      {
        credential: 'portal session',
        operationId: 'createPortalFile',
        body: PortalFileBody,
        ...portalAnswers(IssuedLicenseFile, 400, 403, 409, 413, 415, 422),
        summary: 'Create a license file',
        description:
          'Takes the request code that an app shows, or a device and domains, which it activates. ' +
          'Only a license without limits gets a file for neither.',
      },
    )
    .get(
      '/files',
      async ({ params, query, call }) => {
        const { license } = await requireOwnLicense(deps, call, params.id)
        return listPage(`portal files of ${license.id}`, query, presentLicenseFile, (page) =>
          store.licenseFiles.list(license.id, page),
        )
      },
      {
        credential: 'portal session',
        operationId: 'listPortalFiles',
        ...portalPages(LicenseFile),
        summary: 'List the license files of a license, newest first, without their text',
      },
    )
    .post(
      '/return',
      async ({ params, body, call, request }) => {
        const { license } = await requireOwnLicense(deps, call, params.id)
        const returnHash = vault.hashReturnCode(parseReturnCode(body.code))
        const file = await store.licenseFiles.findByReturn(license.id, returnHash)
        if (file === null) {
          parts.rateLimit.recordFailure(parts.clientAddressOf(request))
          throw toRefusalFault(returnCodeUnknown)
        }
        return presentLicenseFile(await returnFile(deps, file, call.context))
      },
      {
        credential: 'portal session',
        operationId: 'returnPortalFile',
        body: PortalReturnBody,
        ...portalAnswers(LicenseFile, 400, 403, 409, 413, 415, 422),
        summary: 'Return a license file, which frees its slots',
        description:
          'Takes the return code that the app has shown when it deleted the file. Repeating it ' +
          'changes nothing.',
      },
    )
}

function requireOnly({ fingerprint, name, domains }: PortalFileBody, request: string): string {
  if (fingerprint === undefined && name === undefined && domains === undefined) return request
  const detail = 'The request code names the device. Send it without other fields.'
  throw invalidField('/request', detail)
}

/** Returns a function that issues a file and signs it. */
function createIssue(deps: Deps) {
  const issueForRequest = createIssueForRequest(deps)

  return async (record: LicenseRecord, body: PortalFileBody, call: PortalCall) => {
    const feedPosition = await deps.store.revocations.findPosition()
    const { issued, nonce } =
      body.request === undefined
        ? { issued: await issueForPlaces(deps, record, body, call), nonce: null }
        : await issueForRequest(record, requireOnly(body, body.request), call)
    const occasion = { nonce, feedPosition, nowMs: call.nowMs }
    const text = signLicenseFile(deps, issued, issued.result, occasion)
    return presentIssuedFile(issued.result.file, text)
  }
}

async function issueForPlaces(
  deps: Deps,
  { license }: LicenseRecord,
  { fingerprint, name, domains }: PortalFileBody,
  { context }: PortalCall,
): Promise<Changed<BoundFile>> {
  const deviceName = parseDeviceName({ name: name ?? null })
  const binding = {
    ...(fingerprint !== undefined && { fingerprint }),
    ...(deviceName !== null && { name: deviceName }),
    ...(domains !== undefined && { domains }),
  }
  const issued = await issueFile(deps, license.id, binding, context)
  assert(issued !== null, 'licenses are never deleted')
  return issued
}

/** Returns a function that issues a file for the request code of an app. */
function createIssueForRequest(deps: Deps) {
  const { store, createId } = deps
  const findByKey = createFindByKey(deps)

  async function requireSameLicense(id: string, { key }: OfflineRequest, nowMs: number) {
    const found = await findByKey(key, nowMs)
    if (!isRefusal(found) && found.license.id === id) return
    const detail = 'This request code is for another license key. Open the license with that key.'
    throw invalidField('/request', detail)
  }

  return async ({ license }: LicenseRecord, text: string, { context, nowMs }: PortalCall) => {
    const request = parseRequestCode(text)
    await requireSameLicense(license.id, request, nowMs)
    const { fingerprint, name, nonce, product } = request
    const target = { kind: 'device', fingerprint } as const
    const newcomer = { id: createId('act'), name, country: null, nowMs }
    const draft = draftFile(deps, null, nowMs)
    const query = { intent: 'activate', target } as const
    const changed = await store.licenses.change(license.id, query, context, (state) =>
      decideActivatedFile(state, { target, product }, newcomer, draft),
    )
    assert(changed !== null, 'licenses are never deleted')
    const { result, ...record } = changed
    if (isRefusal(result)) throw toRefusalFault(result)
    return { issued: { ...record, result }, nonce }
  }
}
