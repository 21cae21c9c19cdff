import { Elysia } from 'elysia'
import { assert } from '~/assert.ts'
import { problems } from '~/contract/problems.ts'
import { UnknownKeyVerdict, ValidateBody, Verdict } from '~/contract/validations.ts'
import type { Deps } from '~/deps.ts'
import type { Standings } from '~/domain/activations.ts'
import type { License, LicenseSnapshot } from '~/domain/licenses.ts'
import {
  decideValidation,
  type Verdict as Judgement,
  readDomain,
  type ValidationRequest,
} from '~/domain/validations.ts'
import { requestState } from '../plugins/requests.ts'
import { type AppParts, createFindPresented } from '../presented-keys.ts'
import { toVerdictView } from '../views.ts'

type ValidateDeps = Pick<Deps, 'store' | 'vault' | 'clock' | 'createId' | 'metrics'>

export const validateRoutes = (deps: ValidateDeps, parts: AppParts) => {
  const { store, clock, createId, metrics } = deps
  const findPresented = createFindPresented(deps, parts)

  return new Elysia().post(
    '/validate',
    async ({ body, request, server, status }) => {
      const nowMs = clock.nowMs()
      const found = await findPresented({ key: body.key, request, server, nowMs })
      if ('valid' in found) {
        metrics.validations.inc({ verdict: found.error })
        return status(404, found)
      }
      const requestId = requestState(request).id
      const { verdict, license, activationIds } = await judge(found, body, requestId, nowMs)
      metrics.validations.inc({ verdict: verdict.valid ? 'VALID' : verdict.error })
      const { valid } = verdict
      store.recordValidation({ licenseId: license.id, activationIds, atMs: nowMs, valid })
      return toVerdictView(verdict, license, found.plan)
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

  /** Over cached facts first; in a transaction only when the verdict wants to write something. */
  async function judge(
    snapshot: LicenseSnapshot,
    body: ValidateBody,
    requestId: string,
    nowMs: number,
  ): Promise<{ verdict: Judgement; license: License; activationIds: string[] }> {
    const { product, features, fingerprint, device_name: deviceName } = body
    const hostname = readDomain(body.domain)
    const wanted: ValidationRequest = { product, features, hostname, fingerprint, deviceName }
    const probe = { hostname: hostname ?? null, fingerprint }
    const createActivationId = () => createId('act')
    const standings = await store.findStandings(snapshot, probe)
    const decision = decideValidation(
      { ...snapshot, ...standings },
      wanted,
      createActivationId,
      nowMs,
    )
    const activationIds = idsOf(standings)
    if (decision.changes.length === 0) {
      return { verdict: decision.result, license: snapshot.license, activationIds }
    }
    const context = { actor: 'app', requestId, nowMs, idempotency: null }
    const changed = await store.changeLicense(snapshot.license.id, probe, context, (subject) =>
      decideValidation(subject, wanted, createActivationId, nowMs),
    )
    assert(changed !== null, 'licenses are never deleted')
    return { verdict: changed.result, license: changed.license, activationIds }
  }
}

function idsOf({ domain, device }: Pick<Standings, 'domain' | 'device'>): string[] {
  return [domain, device].flatMap((activation) => (activation === null ? [] : [activation.id]))
}
