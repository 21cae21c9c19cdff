import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { explain } from '~/domain/explanations.ts'
import { Fault } from '~/domain/faults.ts'
import { parseTimestamp } from '~/domain/times.ts'
import { readDomain } from '~/domain/validations.ts'
import { ExplainQuery, Explanation } from '~/wire/explanations.ts'
import { problems } from '~/wire/problems.ts'
import type { CommandsPlugin } from '../plugins/commands.ts'

export const explainRoutes = ({ store }: Pick<Deps, 'store'>, commands: CommandsPlugin) =>
  new Elysia({ prefix: '/licenses/:id' }).use(commands).get(
    '/explain',
    async ({ params, query, command }) => {
      const record = await store.licenses.find(params.id)
      if (record === null) throw new Fault('not_found', 'No such license.')
      const { fingerprint, product, at } = query
      const hostname = readDomain(query.domain)
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
      query: ExplainQuery,
      response: { 200: Explanation, ...problems(401, 403, 404, 422) },
      detail: {
        tags: ['Licenses'],
        operationId: 'explainLicense',
        summary: 'Explain what a validation would say, and why',
        description:
          'Walks the very checks of a validation and changes nothing. For another time it takes the license as it is now.',
      },
    },
  )
