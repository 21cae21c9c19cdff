import type { Deps } from '~/deps.ts'
import { degradationReasons } from '~/domain/degradations.ts'
import { Fault } from '~/domain/faults.ts'
import { SECOND_MS } from '~/domain/times.ts'
import { problems } from '~/wire/problems.ts'
import { Type } from '~/wire/type.ts'
import { answers } from './answers.ts'
import type { EdgeBoard } from './edge/board.ts'
import type { ScopedRoutes } from './plugins/scopes.ts'

const CLOCK_SKEW_MAX_MS = 2 * SECOND_MS

const Status = Type.Object(
  { status: Type.Literal('ok') },
  { title: 'HealthStatus', description: 'The check passed.', examples: [{ status: 'ok' }] },
)
const Readiness = Type.Object(
  {
    status: Type.Literals(['ok', 'degraded']),
    reasons: Type.Optional(
      Type.Array(Type.Literals(degradationReasons), { description: 'What does not work.' }),
    ),
  },
  {
    title: 'Readiness',
    description:
      'The server handles requests. While it is `degraded`, license keys can be validated, but what ' +
      '`reasons` names does not work: the disk is full, the database cannot be written or is damaged, its log grows without bound, ' +
      'the usage file cannot be used, or a damaged usage file was set aside.',
    examples: [{ status: 'ok' }, { status: 'degraded', reasons: ['disk_full'] }],
  },
)
const MetricsText = Type.String({
  contentMediaType: 'text/plain',
  description: 'The metrics.',
  examples: ['licet_validations_total{verdict="VALID"} 1247\n'],
})

/** For load balancers and Prometheus. The health checks need no token and reveal no details. */
export const operationsRoutes = (
  {
    store,
    usage,
    metrics,
    config,
    clock,
    backups,
    measureStorage,
  }: Pick<Deps, 'store' | 'usage' | 'metrics' | 'config' | 'clock' | 'backups' | 'measureStorage'>,
  routes: ScopedRoutes,
  board: EdgeBoard,
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
        requireSameTime(store.nodes.getClockSkewMs())
        const found = [...store.listDegradations(), ...usage.listDegradations()]
        const reasons = [...new Set(found.map(({ reason }) => reason))]
        return reasons.length === 0
          ? { status: 'ok' as const }
          : { status: 'degraded' as const, reasons }
      },
      {
        operationId: 'getReadiness',
        response: { 200: Readiness, ...problems(503) },
        summary: 'Check whether the server can handle requests',
      },
    )
    .get(
      '/metrics',
      async ({ set }) => {
        set.headers['content-type'] = metrics.registry.contentType
        const nowMs = clock.nowMs()
        metrics.measureBackup(store.isShared ? null : config.dataDir, nowMs)
        metrics.setLogBytes(store.isShared ? null : measureStorage().databaseLogBytes)
        metrics.setScheduledBackups(store.isShared ? null : backups.scheduled.describe(nowMs))
        metrics.setDeliveries(await store.outbox.measure().catch(() => null), nowMs)
        metrics.setCheckout(
          await store.checkout.events.measure().catch(() => null),
          await store.mails.countPending().catch(() => null),
        )
        metrics.setEdges(await board.listStates().catch(() => null))
        return metrics.registry.metrics()
      },
      {
        scope: 'metrics:read',
        operationId: 'getMetrics',
        ...answers(MetricsText),
        summary: 'Get metrics in the Prometheus text format',
      },
    )

/** Terms of licenses are judged by our clock, so it must not differ from those of other servers. */
function requireSameTime(skewMs: number): void {
  if (Math.abs(skewMs) <= CLOCK_SKEW_MAX_MS) return
  const [seconds, word] = [
    (Math.abs(skewMs) / SECOND_MS).toFixed(1),
    skewMs > 0 ? 'ahead of' : 'behind',
  ]
  const detail = `The clock of this server is ${seconds} s ${word} that of the database. Synchronize both.`
  throw new Fault('unavailable', detail)
}
