import type { Deps } from '~/deps.ts'
import { explain } from '~/domain/explanations.ts'
import type { LicenseRecord } from '~/domain/licenses.ts'
import { parseTimestamp } from '~/domain/times.ts'
import { parseDomain } from '~/domain/validations.ts'
import { ExplainQuery, Explanation } from '~/wire/explanations.ts'
import { answers } from '../answers.ts'
import { requireFound } from '../plugins/runs.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'

export const explainRoutes = ({ store }: Pick<Deps, 'store'>, routes: ScopedRoutes) =>
  routes('/licenses/:id', 'Licenses').get(
    '/explain',
    async ({ params, query, command }) => {
      const record = requireFound('license', await store.licenses.find(params.id))
      return explainLicense(store, record, query, command.nowMs)
    },
    {
      scope: 'licenses:read',
      operationId: 'explainLicense',
      query: ExplainQuery,
      ...answers(Explanation, 404),
      summary: 'Explain what a validation would return, and why',
      description:
        'Runs the checks of a validation and changes nothing. With `at`, the checks use another ' +
        'time, but the license as it is now.',
    },
  )

/** Explains what a validation of the license with the fields of this query would return. */
export async function explainLicense(
  { validations }: Pick<Deps['store'], 'validations'>,
  record: LicenseRecord,
  query: ExplainQuery,
  nowMs: number,
): Promise<ReturnType<typeof explain>> {
  const { fingerprint, product, at } = query
  const hostname = parseDomain(query.domain)
  const intent = 'validate'
  const state = await validations.findActivationState(record, { intent, hostname, fingerprint })
  const atMs = at === undefined ? nowMs : parseTimestamp(at, '?at')
  const names = query.features?.split(',').map((name) => name.trim())
  const features = names?.filter((name) => name !== '')
  return explain({ ...record, ...state }, { hostname, fingerprint, product, features }, atMs)
}
