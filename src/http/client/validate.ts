import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import type { LicenseSnapshot } from '~/domain/licenses.ts'
import { cutText, removeUnstorable } from '~/domain/text.ts'
import { decideValidation, parseDomain } from '~/domain/validations.ts'
import { isRefusal } from '~/domain/verdicts.ts'
import { parseDeviceName } from '~/wire/fields.ts'
import { problems } from '~/wire/problems.ts'
import { presentVerdict, UnknownKeyVerdict, ValidateBody, Verdict } from '~/wire/validations.ts'
import { clientOptions } from '../plugins/route-options.ts'
import { createClientContext, decideThenCommit } from './decide-then-commit.ts'
import { type ClientCall, type ClientParts, createCall, createFindLicense } from './find-license.ts'
import {
  createRecordValidation,
  type DecidedValidation,
  findActivatedDomain,
} from './record-validation.ts'

type ValidateDeps = Pick<
  Deps,
  'store' | 'usage' | 'vault' | 'clock' | 'createId' | 'metrics' | 'config'
>

const VERSION_MAX = 64

export const validateRoutes = (deps: ValidateDeps, parts: ClientParts) => {
  const { metrics } = deps
  const findLicense = createFindLicense(deps, parts)
  const recordValidation = createRecordValidation(deps, parts)

  return new Elysia({ tags: ['Validation'] })
    .macro(clientOptions)
    .derive(createCall(deps))
    .post(
      '/validate',
      async ({ body, call, status }) => {
        const found = await findLicense(body.key, call)
        if (isRefusal(found)) {
          metrics.recordVerdict(found.error)
          return status(404, found)
        }
        const validation = await validate(deps, parts, found, call, body)
        const { result: verdict, license, plan } = validation
        metrics.recordVerdict(verdict.valid ? 'VALID' : verdict.error)
        recordValidation(validation, call)
        return presentVerdict(verdict, license, plan)
      },
      {
        credential: 'license key',
        operationId: 'validate',
        body: ValidateBody,
        response: { 200: Verdict, 404: UnknownKeyVerdict, ...problems(400, 413, 415, 422, 429) },
        summary: 'Validate a license key, as an app does at every launch',
        description:
          'The status is 200 even if the license is not valid, and 404 if no license has the key.',
      },
    )
}

async function validate(
  { store, createId }: Pick<Deps, 'store' | 'createId'>,
  { countryOf }: Pick<ClientParts, 'countryOf'>,
  snapshot: LicenseSnapshot,
  call: ClientCall,
  body: ValidateBody,
): Promise<DecidedValidation> {
  const hostname = parseDomain(body.domain ?? undefined)
  const fingerprint = body.fingerprint ?? undefined
  const country = countryOf(call.request)
  const request = {
    product: body.product ?? undefined,
    features: body.features ?? undefined,
    hostname,
    fingerprint,
    deviceName: parseDeviceName(body) ?? undefined,
    country,
  }
  let activatedDomain: string | null = null
  const result = await decideThenCommit(
    store,
    snapshot,
    { intent: 'validate', hostname, fingerprint },
    createClientContext(call),
    (state) => {
      const decision = decideValidation(state, request, () => createId('act'), call.nowMs)
      activatedDomain = findActivatedDomain(state, decision.changes)
      return decision
    },
  )
  const version = cutText(removeUnstorable(body.version ?? ''), VERSION_MAX) || null
  return { ...result, hostname, fingerprint, version, country, activatedDomain }
}
