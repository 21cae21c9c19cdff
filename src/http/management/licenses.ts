import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { Fault, invalidField } from '~/domain/faults.ts'
import { parseKey } from '~/domain/keys.ts'
import { decideRevocation, decideUpdate, type LicenseRecord } from '~/domain/licenses.ts'
import { ListLicensesQuery, parseLicenseFilter } from '~/wire/license-filters.ts'
import { LookupLicenseBody, parseLicenseEdit, UpdateLicenseBody } from '~/wire/license-requests.ts'
import { License } from '~/wire/licenses.ts'
import { pageOf, parsePageRequest, presentPage } from '~/wire/pages.ts'
import { answers } from '../answers.ts'
import type { Scopes } from '../plugins/scopes.ts'
import { LicenseParams } from './path-params.ts'
import { requireFound } from './require-found.ts'

const tags = ['Licenses']

export const licenseRoutes = (deps: Pick<Deps, 'store' | 'vault'>, scopes: Scopes) => {
  const { store } = deps

  return new Elysia({ prefix: '/licenses', tags })
    .use(scopes)
    .get(
      '',
      async ({ query, command }) => {
        const filter = parseLicenseFilter(query, '?', command.nowMs)
        const page = await store.licenses.list(filter, parsePageRequest('licenses', query))
        return presentPage('licenses', query, page, command.presentLicense)
      },
      {
        scope: 'licenses:read',
        operationId: 'listLicenses',
        query: ListLicensesQuery,
        ...answers(pageOf(License)),
        summary: 'List and search licenses, newest first',
      },
    )
    .post(
      '/lookup',
      async ({ body, command }) => {
        const record = await findByKey(deps, body.key, command.nowMs)
        if (record === null) throw new Fault('not_found', 'No license has this key.')
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
}

export const licenseItemRoutes = ({ store }: Pick<Deps, 'store'>, scopes: Scopes) =>
  new Elysia({ prefix: '/licenses/:id', tags })
    .use(scopes)
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
        params: LicenseParams,
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
        params: LicenseParams,
        body: UpdateLicenseBody,
        ...answers(License, 404, 409, 412),
        summary: 'Change a license',
        description: 'Omitted fields stay the same. `inherit` removes overrides by name.',
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
        params: LicenseParams,
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

async function findByKey(
  { store, vault }: Pick<Deps, 'store' | 'vault'>,
  key: string,
  nowMs: number,
): Promise<LicenseRecord | null> {
  const parsed = parseKey(key)
  if (parsed.kind === 'unusable') return null
  const snapshot = await store.validations.findLicense(vault.hashKey(parsed.canonical), nowMs)
  return snapshot === null ? null : store.licenses.find(snapshot.license.id)
}
