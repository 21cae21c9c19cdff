import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import type { LicenseSnapshot } from '~/domain/licenses.ts'
import { decideValidation, readDomain } from '~/domain/validations.ts'
import { isRefusal } from '~/domain/verdicts.ts'
import { problems } from '~/wire/problems.ts'
import { presentVerdict, UnknownKeyVerdict, ValidateBody, Verdict } from '~/wire/validations.ts'
import { clientContext, decideThenCommit } from './decide-then-commit.ts'
import { type ClientCall, type ClientParts, createFindLicense } from './find-license.ts'
import {
  activatedDomainOf,
  createRecordValidation,
  type DecidedValidation,
} from './record-validation.ts'

type ValidateDeps = Pick<Deps, 'store' | 'vault' | 'clock' | 'createId' | 'metrics' | 'config'>

const DEVICE_NAME_MAX = 200
const VERSION_MAX = 64

export const validateRoutes = (deps: ValidateDeps, parts: ClientParts) => {
  const { store, clock, createId, metrics } = deps
  const findLicense = createFindLicense(deps, parts)
  const record = createRecordValidation(deps, parts)

  return new Elysia().post(
    '/validate',
    async ({ body, request, status }) => {
      const nowMs = clock.nowMs()
      const presented = { key: body.key, request, nowMs }
      const found = await findLicense(presented)
      if (isRefusal(found)) {
        metrics.validations.inc({ verdict: found.error })
        return status(404, found)
      }
      const judged = await judge(found, presented, body)
      const { result: verdict, license, plan } = judged
      metrics.validations.inc({ verdict: verdict.valid ? 'VALID' : verdict.error })
      record(judged, presented)
      return presentVerdict(verdict, license, plan)
    },
    {
      body: ValidateBody,
      response: {
        200: Verdict,
        404: UnknownKeyVerdict,
        ...problems(400, 413, 415, 422, 429),
      },
      detail: {
        tags: ['Validation'],
        summary: 'Validate a license key, as an app does at every launch',
        description:
          'A refusal is an answer with status 200; only a key that nobody holds answers 404.',
        security: [],
      },
    },
  )

  async function judge(
    snapshot: LicenseSnapshot,
    presented: ClientCall,
    body: ValidateBody,
  ): Promise<DecidedValidation> {
    const { request, nowMs } = presented
    const hostname = readDomain(body.domain ?? undefined)
    const fingerprint = body.fingerprint ?? undefined
    const country = parts.countryOf(request)
    const wanted = {
      product: body.product ?? undefined,
      features: body.features ?? undefined,
      hostname,
      fingerprint,
      deviceName: cut(body.device_name, DEVICE_NAME_MAX),
      country,
    }
    const query = { intent: 'validate', hostname, fingerprint } as const
    let activatedDomain: string | null = null
    const settled = await decideThenCommit(
      store,
      snapshot,
      query,
      clientContext(presented),
      (subject) => {
        const decision = decideValidation(subject, wanted, () => createId('act'), nowMs)
        activatedDomain = activatedDomainOf(subject, decision.changes)
        return decision
      },
    )
    const version = cut(body.version, VERSION_MAX) ?? null
    return { ...settled, hostname, fingerprint, version, country, activatedDomain }
  }
}

/** Half a surrogate pair, where the cut falls into one, would be no text any more. */
function cut(text: string | null | undefined, max: number): string | undefined {
  return text?.slice(0, max).toWellFormed()
}
