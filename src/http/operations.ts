import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import { problems } from '~/wire/problems.ts'
import type { CommandsPlugin } from './plugins/commands.ts'

const tags = ['Operations']
const Ok = Type.Object(
  { status: Type.Literal('ok') },
  { description: 'It is so.', examples: [{ status: 'ok' }] },
)
const Figures = Type.String({
  contentMediaType: 'text/plain',
  description: 'The figures.',
  examples: ['licet_validations_total{verdict="VALID"} 1247\n'],
})

/** For load balancers and Prometheus. The probes are open and tell no details. */
export const operationsRoutes = (
  { store, metrics }: Pick<Deps, 'store' | 'metrics'>,
  commands: CommandsPlugin,
) =>
  new Elysia()
    .use(commands)
    .get('/livez', () => ({ status: 'ok' as const }), {
      response: { 200: Ok },
      detail: { tags, summary: 'Whether the process runs', security: [] },
    })
    .get(
      '/readyz',
      async () => {
        try {
          await store.ping()
        } catch (cause) {
          throw new Fault('unavailable', 'The database does not answer.', { cause })
        }
        return { status: 'ok' as const }
      },
      {
        response: { 200: Ok, ...problems(503) },
        detail: { tags, summary: 'Whether requests can be answered', security: [] },
      },
    )
    .get(
      '/metrics',
      async ({ set }) => {
        set.headers['content-type'] = metrics.registry.contentType
        return metrics.registry.metrics()
      },
      {
        scope: 'metrics:read',
        response: { 200: Figures, ...problems(401, 403) },
        detail: { tags, summary: 'Figures in Prometheus form' },
      },
    )
