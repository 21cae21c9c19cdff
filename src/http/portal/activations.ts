import { Elysia } from 'elysia'
import { assert } from '~/assert.ts'
import type { Deps } from '~/deps.ts'
import { decideRelease } from '~/domain/slots.ts'
import { isRefusal, toRefusalFault } from '~/domain/verdicts.ts'
import { Activation, presentActivation } from '~/wire/activations.ts'
import { listPage } from '~/wire/pages.ts'
import { PortalLicense } from '~/wire/portal-licenses.ts'
import { presentSeat, Seat } from '~/wire/seats.ts'
import { portalAnswers, portalPages } from '../answers.ts'
import { pathNotFound } from '../plugins/errors.ts'
import type { PortalParts } from '../plugins/portal-auth.ts'
import { openOptions } from '../plugins/route-options.ts'
import { present } from './licenses.ts'
import { createPortalCall, requireOwnLicense } from './portal-call.ts'

/** Where the license of a customer is used. */
export const portalActivationRoutes = (deps: Deps, parts: PortalParts) => {
  const { store } = deps

  return new Elysia({ prefix: '/licenses/:id', tags: ['Portal'] })
    .macro(openOptions)
    .derive(createPortalCall(deps, parts))
    .get(
      '/activations',
      async ({ params, query, call }) => {
        const { license } = await requireOwnLicense(deps, call, params.id)
        return listPage(`portal activations of ${license.id}`, query, presentActivation, (page) =>
          store.activations.list(license.id, page),
        )
      },
      {
        credential: 'portal session',
        operationId: 'listPortalActivations',
        ...portalPages(Activation),
        summary: 'List the domains and devices on which a license is activated',
      },
    )
    .delete(
      '/activations/:activation_id',
      async ({ params, call }) => {
        const { license } = await requireOwnLicense(deps, call, params.id)
        const { nowMs } = call
        // The router reads malformed percent-encoding as null.
        const activationId: string | null = params.activation_id
        if (activationId === null || activationId.includes('\0')) throw pathNotFound()
        const query = { intent: 'return', activationId, nowMs } as const
        const changed = await store.licenses.change(license.id, query, call.context, (state) =>
          decideRelease(state, nowMs),
        )
        assert(changed !== null, 'licenses are never deleted')
        const { result, ...record } = changed
        if (isRefusal(result)) throw toRefusalFault(result)
        return present(deps, record, call)
      },
      {
        credential: 'portal session',
        operationId: 'releasePortalActivation',
        ...portalAnswers(PortalLicense, 403, 409, 415),
        summary: 'Release a domain or device',
        description:
          'As if the app had deactivated it: `self_deactivation` and its limit apply. If the limit is ' +
          'reached, `details.nextAt` says when the next one is possible. Returns the license.',
      },
    )
    .get(
      '/seats',
      async ({ params, query, call }) => {
        const { license } = await requireOwnLicense(deps, call, params.id)
        return listPage(`portal seats of ${license.id}`, query, presentSeat, (page) =>
          store.seats.list(license.id, call.nowMs, page),
        )
      },
      {
        credential: 'portal session',
        operationId: 'listPortalSeats',
        ...portalPages(Seat),
        summary: 'List the seats of a license that are in use',
      },
    )
}
