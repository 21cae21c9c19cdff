import { Elysia } from 'elysia'
import { assert } from '~/assert.ts'
import { problems } from '~/contract/problems.ts'
import { RefusedVerdict, ValidateBody, Verdict } from '~/contract/validations.ts'
import type { Deps } from '~/deps.ts'
import { parseKey } from '~/domain/keys.ts'
import type { License, LicenseSnapshot } from '~/domain/licenses.ts'
import {
  decideValidation,
  type Verdict as Judgement,
  type Refusal,
  readDomain,
  type ValidationRequest,
} from '~/domain/validations.ts'
import type { ClientAddressOf } from '../addresses.ts'
import type { GuessLimit } from '../plugins/rate-limits.ts'
import { requestState } from '../plugins/requests.ts'
import { toVerdictView } from '../views.ts'

type ValidateDeps = Pick<Deps, 'store' | 'vault' | 'clock' | 'createId' | 'metrics'>

interface AppParts {
  readonly guessLimit: GuessLimit
  readonly clientAddressOf: ClientAddressOf
}

export const validateRoutes = (deps: ValidateDeps, parts: AppParts) => {
  const { store, vault, clock, createId, metrics } = deps

  return new Elysia().post(
    '/validate',
    async ({ body, request, server, status }) => {
      const nowMs = clock.nowMs()
      const parsed = parseKey(body.key)
      const snapshot =
        parsed.kind === 'unusable'
          ? null
          : await store.findLicenseByKey(vault.hashKey(parsed.canonical), nowMs)
      if (snapshot === null) {
        const isMistyped = parsed.kind === 'licet' && !parsed.checksOut
        const refusal = isMistyped ? keyMalformed : licenseNotFound
        metrics.validations.inc({ verdict: refusal.error })
        parts.guessLimit.noteFailure(parts.clientAddressOf(request, server), nowMs)
        return status(404, refusal)
      }
      const { verdict, license } = await judge(snapshot, body, requestState(request).id, nowMs)
      metrics.validations.inc({ verdict: verdict.valid ? 'VALID' : verdict.error })
      store.recordValidation({ licenseId: license.id, atMs: nowMs, valid: verdict.valid })
      return toVerdictView(verdict, license, snapshot.plan)
    },
    {
      body: ValidateBody,
      response: {
        200: Verdict,
        404: RefusedVerdict,
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
  ): Promise<{ verdict: Judgement; license: License }> {
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
    if (decision.changes.length === 0 && decision.events.length === 0) {
      return { verdict: decision.result, license: snapshot.license }
    }
    const context = { actor: 'app', requestId, nowMs, idempotency: null }
    const changed = await store.changeLicense(snapshot.license.id, probe, context, (subject) =>
      decideValidation(subject, wanted, createActivationId, nowMs),
    )
    assert(changed !== null, 'licenses are never deleted')
    return { verdict: changed.result, license: changed.license }
  }
}

const keyMalformed: Refusal = {
  valid: false,
  error: 'LICENSE_KEY_MALFORMED',
  message: 'This license key has a typing mistake: its check symbols do not fit.',
}

const licenseNotFound: Refusal = {
  valid: false,
  error: 'LICENSE_NOT_FOUND',
  message: 'There is no license with this key.',
}
