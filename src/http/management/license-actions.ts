import type { Decision } from '~/domain/decisions.ts'
import {
  decideReinstatement,
  decideRenewal,
  decideRevocation,
  decideSuspension,
  type LicenseSnapshot,
} from '~/domain/licenses.ts'
import { NoBody } from '~/wire/fields.ts'
import { parseRenewal, ReasonBody, RenewLicenseBody } from '~/wire/license-requests.ts'
import { License } from '~/wire/licenses.ts'
import { answers } from '../answers.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'

/** A decision of a single or a bulk change. */
export type DecideLicense = (license: LicenseSnapshot, nowMs: number) => Decision<null>

type Reason = { readonly reason?: string | null } | null | undefined

export const suspend =
  (body: Reason): DecideLicense =>
  (license, nowMs) =>
    decideSuspension(license, body?.reason ?? null, nowMs)

export const revoke =
  (body: Reason): DecideLicense =>
  (license, nowMs) =>
    decideRevocation(license, body?.reason ?? null, nowMs)

export function renew(body: Parameters<typeof parseRenewal>[0]): DecideLicense {
  const renewal = parseRenewal(body)
  return (license, nowMs) => decideRenewal(license, renewal, nowMs)
}

export const licenseActionRoutes = (routes: ScopedRoutes) =>
  routes('/licenses/:id', 'Licenses')
    .post('/suspend', ({ params, body, command }) => command.license(params.id, suspend(body)), {
      scope: 'licenses:write',
      operationId: 'suspendLicense',
      body: ReasonBody,
      ...answers(License, 404, 409),
      summary: 'Suspend a license until it is reinstated',
    })
    .post('/reinstate', ({ params, command }) => command.license(params.id, decideReinstatement), {
      scope: 'licenses:write',
      operationId: 'reinstateLicense',
      body: NoBody,
      ...answers(License, 404, 409),
      summary: 'Reinstate a suspended license',
    })
    .post('/revoke', ({ params, body, command }) => command.license(params.id, revoke(body)), {
      scope: 'licenses:write',
      operationId: 'revokeLicense',
      body: ReasonBody,
      ...answers(License, 404, 409),
      summary: 'Revoke a license permanently',
    })
    .post('/renew', ({ params, body, command }) => command.license(params.id, renew(body)), {
      scope: 'licenses:write',
      operationId: 'renewLicense',
      body: RenewLicenseBody,
      ...answers(License, 404, 409),
      summary: 'Renew a license',
      description:
        'By `days` or until `expires_at`; without either, by the `duration_days` of its plan.',
    })
