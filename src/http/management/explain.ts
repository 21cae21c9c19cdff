import type { Deps } from '~/deps.ts'
import { explain } from '~/domain/explanations.ts'
import { parseTimestamp } from '~/domain/times.ts'
import { parseDomain } from '~/domain/validations.ts'
import { ExplainQuery, Explanation } from '~/wire/explanations.ts'
import { answers } from '../answers.ts'
import { requireFound } from '../plugins/command.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'

export const explainRoutes = ({ store }: Pick<Deps, 'store'>, routes: ScopedRoutes) =>
  routes('/licenses/:id', 'Licenses').get(
    '/explain',
    async ({ params, query, command }) => {
      const record = requireFound('license', await store.licenses.find(params.id))
      const { fingerprint, product, at } = query
      const hostname = parseDomain(query.domain)
      const activationState = await store.validations.findActivationState(record, {
        intent: 'validate',
        hostname,
        fingerprint,
      })
      const atMs = at === undefined ? command.nowMs : parseTimestamp(at, '?at')
      const features = query.features?.split(',').map((name) => name.trim())
      const request = { hostname, fingerprint, product, features }
      return explain({ ...record, ...activationState }, request, atMs)
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
