import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import type { LicenseRecord } from '~/domain/licenses.ts'
import type { Page, PageRequest } from '~/domain/pages.ts'
import type { PortalSession } from '~/domain/portal-sessions.ts'
import { buildRenewalUrl } from '~/domain/renewals.ts'
import { computeDeactivationBudget } from '~/domain/slots.ts'
import { NoBody } from '~/wire/fields.ts'
import { listPage } from '~/wire/pages.ts'
import { PortalLicense, presentPortalLicense, RevealedKey } from '~/wire/portal-licenses.ts'
import { portalAnswers, portalPages } from '../answers.ts'
import type { PortalParts } from '../plugins/portal-auth.ts'
import { openOptions } from '../plugins/route-options.ts'
import { createPortalCall, type PortalCall, requireOwnLicense } from './portal-call.ts'

/** The licenses of a customer who is signed in. */
export const portalLicenseRoutes = (deps: Deps, parts: PortalParts) => {
  const { store, vault } = deps

  return new Elysia({ tags: ['Portal'] })
    .macro(openOptions)
    .derive(createPortalCall(deps, parts))
    .get(
      '/licenses',
      async ({ query, call }) => {
        const list = `portal licenses of ${JSON.stringify(call.session.visitor)}`
        const page = await listPage(list, query, keep, (request) =>
          listVisible(deps, call.session, request),
        )
        const data = await Promise.all(page.data.map((record) => present(deps, record, call)))
        return { ...page, data }
      },
      {
        credential: 'portal session',
        operationId: 'listPortalLicenses',
        ...portalPages(PortalLicense),
        summary: 'List the licenses of the customer, newest first',
      },
    )
    .get(
      '/licenses/:id',
      async ({ params, call }) =>
        present(deps, await requireOwnLicense(deps, call, params.id), call),
      {
        credential: 'portal session',
        operationId: 'getPortalLicense',
        ...portalAnswers(PortalLicense),
        summary: 'Get a license of the customer',
      },
    )
    .post(
      '/licenses/:id/key',
      async ({ params, call }) => {
        const { license } = await requireOwnLicense(deps, call, params.id)
        if (call.session.visitor.kind !== 'email') throw emailRequired()
        const action = { action: 'license.reveal', subjectId: license.id, change: null }
        await store.audit.record(action, null, call.context)
        return { key: vault.open('license-key', license.keySealed) }
      },
      {
        credential: 'portal session',
        operationId: 'revealPortalKey',
        body: NoBody,
        ...portalAnswers(RevealedKey, 400, 403, 413, 415, 422),
        summary: 'Show the license key, to a customer who has signed in by email',
        description: 'It is recorded in the audit log.',
      },
    )
}

/** Licenses are presented later, because more has to be read for it. */
const keep = (record: LicenseRecord) => record

async function listVisible(
  { store }: Pick<Deps, 'store'>,
  { visitor }: PortalSession,
  page: PageRequest,
): Promise<Page<LicenseRecord>> {
  if (visitor.kind === 'email') {
    return store.licenses.list({ customerEmail: visitor.customerEmail }, page)
  }
  const record = await store.licenses.find(visitor.licenseId)
  return { data: record === null ? [] : [record], nextAfter: null }
}

/** Presents a license with what is stored apart from it. */
export async function present(
  { store, config }: Pick<Deps, 'store' | 'config'>,
  record: LicenseRecord,
  { session, nowMs }: Pick<PortalCall, 'session' | 'nowMs'>,
): Promise<PortalLicense> {
  const { findActivationState } = store.validations
  // No activation and no seat has this ID: only the counts of all of them are read.
  const none = { activationId: '', seat: { id: '' }, nowMs }
  const { deactivationsAtMs } = await findActivationState(record, { intent: 'return', ...none })
  const { seat } = await findActivationState(record, { intent: 'seat', ...none })
  const product = await store.products.find(record.license.productSlug)
  const facts = {
    productName: product?.name ?? record.license.productSlug,
    seatsUsed: seat.othersInUse ?? 0,
    budget: computeDeactivationBudget({ ...record, deactivationsAtMs }),
    renewUrl: buildRenewalUrl(config.renewUrl, record.license),
  }
  return presentPortalLicense(record, facts, session, nowMs)
}

function emailRequired(): Fault {
  const detail = 'Sign in with your email address to see the license key.'
  return new Fault('email_sign_in_required', detail)
}
