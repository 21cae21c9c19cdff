import { Elysia } from 'elysia'
import { problems } from '~/contract/problems.ts'
import { UnknownKeyVerdict, ValidateBody, Verdict } from '~/contract/validations.ts'
import type { Deps } from '~/deps.ts'
import type { LicenseSnapshot } from '~/domain/licenses.ts'
import { decideValidation, readDomain } from '~/domain/validations.ts'
import { isRefusal } from '~/domain/verdicts.ts'
import { type AppParts, createFindPresented, type Presented } from '../presented-keys.ts'
import { activatedDomainOf, createRecordValidation, type JudgedValidation } from '../recordings.ts'
import { appContext, settle } from '../settle.ts'
import { toVerdictView } from '../views.ts'

type ValidateDeps = Pick<Deps, 'store' | 'vault' | 'clock' | 'createId' | 'metrics' | 'config'>

const DEVICE_NAME_MAX = 200
const VERSION_MAX = 64

export const validateRoutes = (deps: ValidateDeps, parts: AppParts) => {
  const { store, clock, createId, metrics } = deps
  const findPresented = createFindPresented(deps, parts)
  const record = createRecordValidation(deps, parts)

  return new Elysia().post(
    '/validate',
    async ({ body, request, status }) => {
      const nowMs = clock.nowMs()
      const presented = { key: body.key, request, nowMs }
      const found = await findPresented(presented)
      if (isRefusal(found)) {
        metrics.validations.inc({ verdict: found.error })
        return status(404, found)
      }
      const judged = await judge(found, presented, body)
      const { result: verdict, license, plan } = judged
      metrics.validations.inc({ verdict: verdict.valid ? 'VALID' : verdict.error })
      record(judged, presented)
      return toVerdictView(verdict, license, plan)
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
    presented: Presented,
    body: ValidateBody,
  ): Promise<JudgedValidation> {
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
    const probe = { hostname: hostname ?? null, fingerprint }
    let activatedDomain: string | null = null
    const settled = await settle(store, snapshot, probe, appContext(presented), (subject) => {
      const decision = decideValidation(subject, wanted, () => createId('act'), nowMs)
      activatedDomain = activatedDomainOf(subject, decision.changes)
      return decision
    })
    const version = cut(body.version, VERSION_MAX) ?? null
    return { ...settled, hostname, fingerprint, version, country, activatedDomain }
  }
}

/** Half a surrogate pair, where the cut falls into one, would be no text any more. */
function cut(text: string | null | undefined, max: number): string | undefined {
  return text?.slice(0, max).toWellFormed()
}
