import { Type } from '@sinclair/typebox'
import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import { problems } from '~/wire/problems.ts'
import { answers } from './answers.ts'
import type { ScopedRoutes } from './plugins/scopes.ts'

const Status = Type.Object(
  { status: Type.Literal('ok') },
  { title: 'HealthStatus', description: 'The check passed.', examples: [{ status: 'ok' }] },
)
const MetricsText = Type.String({
  contentMediaType: 'text/plain',
  description: 'The metrics.',
  examples: ['licet_validations_total{verdict="VALID"} 1247\n'],
})

/** For load balancers and Prometheus. The health checks need no token and reveal no details. */
export const operationsRoutes = (
  { store, metrics, config, clock }: Pick<Deps, 'store' | 'metrics' | 'config' | 'clock'>,
  routes: ScopedRoutes,
) =>
  routes('', 'Operations')
    .get('/livez', () => ({ status: 'ok' as const }), {
      operationId: 'getLiveness',
      response: { 200: Status },
      summary: 'Check whether the process is running',
    })
    .get(
      '/readyz',
      async () => {
        try {
          await store.ping()
        } catch (cause) {
          throw new Fault('unavailable', 'The database does not respond.', { cause })
        }
        return { status: 'ok' as const }
      },
      {
        operationId: 'getReadiness',
        response: { 200: Status, ...problems(503) },
        summary: 'Check whether the server can handle requests',
      },
    )
    .get(
      '/metrics',
      async ({ set }) => {
        set.headers['content-type'] = metrics.registry.contentType
        const nowMs = clock.nowMs()
        metrics.measureBackup(config.dataDir, nowMs)
        metrics.setDeliveries(await store.outbox.measure().catch(() => null), nowMs)
        return metrics.registry.metrics()
      },
      {
        scope: 'metrics:read',
        operationId: 'getMetrics',
        ...answers(MetricsText),
        summary: 'Get metrics in the Prometheus text format',
      },
    )
