import type { Deps } from '~/deps.ts'
import { Fault, invalidField } from '~/domain/faults.ts'
import { decideUpdate } from '~/domain/license-updates.ts'
import { decideRevocation, type LicenseRecord } from '~/domain/licenses.ts'
import { isRefusal, keyMalformed } from '~/domain/verdicts.ts'
import { ListLicensesQuery, parseLicenseFilter } from '~/wire/license-filters.ts'
import { LookupLicenseBody, parseLicenseEdit, UpdateLicenseBody } from '~/wire/license-requests.ts'
import { License } from '~/wire/licenses.ts'
import { listPage } from '~/wire/pages.ts'
import { answers, pages } from '../answers.ts'
import { createFindByKey } from '../find-by-key.ts'
import { requireFound } from '../plugins/runs.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'

export const licenseRoutes = (deps: Pick<Deps, 'store' | 'vault'>, routes: ScopedRoutes) =>
  routes('/licenses', 'Licenses')
    .get(
      '',
      ({ query, command }) => {
        const filter = parseLicenseFilter(query, '?', command.nowMs)
        return listPage('licenses', query, command.presentLicense, (page) =>
          deps.store.licenses.list(filter, page),
        )
      },
      {
        scope: 'licenses:read',
        operationId: 'listLicenses',
        ...pages(License),
        query: ListLicensesQuery,
        summary: 'List and search licenses, newest first',
      },
    )
    .post(
      '/lookup',
      async ({ body, command }) => {
        const record = await findByKey(deps, body.key, command.nowMs)
        return command.presentLicense(record)
      },
      {
        scope: 'licenses:read',
        idempotent: false,
        operationId: 'lookupLicense',
        body: LookupLicenseBody,
        ...answers(License, 404),
        summary: 'Find a license by its key',
      },
    )

export const licenseItemRoutes = ({ store }: Pick<Deps, 'store'>, routes: ScopedRoutes) =>
  routes('/licenses/:id', 'Licenses')
    .get(
      '',
      async ({ params, command, set }) => {
        const record = requireFound('license', await store.licenses.find(params.id))
        set.headers.etag = `"${record.license.version}"`
        return command.presentLicense(record)
      },
      {
        scope: 'licenses:read',
        operationId: 'getLicense',
        ...answers(License, 404),
        summary: 'Get a license',
      },
    )
    .put(
      '',
      async ({ params, body, command, requireVersion }) => {
        const plan = body.plan === undefined ? undefined : await findPlan(store, body.plan)
        const edit = parseLicenseEdit(body, plan)
        return command.license(params.id, (state, nowMs) => {
          requireVersion(state.license)
          return decideUpdate(state, edit, nowMs)
        })
      },
      {
        scope: 'licenses:write',
        ifMatch: true,
        operationId: 'updateLicense',
        body: UpdateLicenseBody,
        ...answers(License, 404, 409, 412),
        summary: 'Change a license',
        description:
          'Omitted fields stay the same. `inherit` removes overrides by name. A new `plan` acts as at ' +
          'creation if the license has not started. Otherwise `expiry` or `expires_at` is ' +
          'required if the plans differ in duration.',
      },
    )
    .delete(
      '',
      ({ params, command, requireVersion }) =>
        command.license(params.id, (state, nowMs) => {
          requireVersion(state.license)
          return decideRevocation(state, null, nowMs)
        }),
      {
        scope: 'licenses:write',
        ifMatch: true,
        operationId: 'deleteLicense',
        ...answers(License, 404, 412),
        summary: 'Revoke a license permanently',
        description: 'The license stays, with the status `revoked`.',
      },
    )

/** Throws a Fault at /plan when there is no such plan. */
export async function findPlan(store: Pick<Deps['store'], 'plans'>, slug: string) {
  const plan = await store.plans.find(slug)
  if (plan !== null) return plan
  throw invalidField('/plan', `There is no plan ${slug}. List the plans with GET /api/v1/plans.`)
}

/** Throws a Fault when no license has this key, with another code if the key contains a typo. */
async function findByKey(
  deps: Pick<Deps, 'store' | 'vault'>,
  key: string,
  nowMs: number,
): Promise<LicenseRecord> {
  const found = await createFindByKey(deps)(key, nowMs)
  if (found === keyMalformed) throw new Fault('license_key_malformed', keyMalformed.message)
  const record = isRefusal(found) ? null : await deps.store.licenses.find(found.license.id)
  if (record === null) throw new Fault('not_found', 'No license has this key.')
  return record
}
