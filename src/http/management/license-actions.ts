import type { Deps } from '~/deps.ts'
import type { Decision } from '~/domain/decisions.ts'
import { mintKey } from '~/domain/license-keys.ts'
import {
  decideKeyRotation,
  decideReinstatement,
  decideRenewal,
  decideRevocation,
  decideSuspension,
  type LicenseSnapshot,
} from '~/domain/licenses.ts'
import { NoBody } from '~/wire/fields.ts'
import {
  parseRenewal,
  ReasonBody,
  RenewLicenseBody,
  RotateKeyBody,
} from '~/wire/license-requests.ts'
import { License } from '~/wire/licenses.ts'
import { answers } from '../answers.ts'
import { requireFound } from '../plugins/runs.ts'
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

type RotationDeps = Pick<Deps, 'store' | 'vault' | 'randomBytes'>

export const keyRotationRoutes = (deps: RotationDeps, routes: ScopedRoutes) =>
  routes('/licenses/:id', 'Licenses').post(
    '/rotate-key',
    async ({ params, body, command }) => {
      const key = await mintKeyFor(deps, params.id)
      const overlapHours = body?.overlap_hours ?? 0
      return command.run({ noun: 'license', present: command.presentLicense }, (context) =>
        deps.store.licenses.change(params.id, { intent: 'none' }, context, (license) =>
          decideKeyRotation(license, key, overlapHours, command.nowMs),
        ),
      )
    },
    {
      scope: 'licenses:write',
      operationId: 'rotateLicenseKey',
      body: RotateKeyBody,
      ...answers(License, 404, 409),
      summary: 'Replace the key of a license',
      description:
        'The response contains the new key, in full only with `licenses:reveal`. The old key keeps ' +
        'working for `overlap_hours`.',
    },
  )

async function mintKeyFor(deps: RotationDeps, id: string) {
  const { license } = requireFound('license', await deps.store.licenses.find(id))
  const product = requireFound('license', await deps.store.products.find(license.productSlug))
  return mintKey(deps, product.keyPrefix)
}
