import { Counter, Gauge } from 'prom-client'
import { SECOND_MS } from '~/domain/times.ts'
import { createRegistry } from './metrics.ts'
import { createRequestMetrics } from './request-metrics.ts'

export type EdgeMetrics = ReturnType<typeof createEdgeMetrics>

/** The parts of an edge that its metrics read. */
interface Watched {
  readonly figures: {
    readonly confirmed: number
    readonly stale: number
    readonly forwarded: number
  }
  readonly facts: { readonly count: () => number }
  readonly lease: { readonly getAgeMs: () => number | null }
  readonly usage: { readonly countWaiting: () => number }
}

/** Creates the Prometheus metrics of an edge. */
export function createEdgeMetrics() {
  const registry = createRegistry()
  const registers = [registry]
  const counter = (name: string, help: string) =>
    new Counter({ name: `licet_${name}`, help, registers })
  let watched: Watched | null = null

  new Counter({
    name: 'licet_edge_requests_total',
    help: 'Requests of apps by where they were answered: from memory, from stale facts, or by the primary.',
    labelNames: ['from'],
    registers,
    collect() {
      this.reset()
      const { confirmed = 0, stale = 0, forwarded = 0 } = watched?.figures ?? {}
      this.inc({ from: 'memory' }, confirmed - stale)
      this.inc({ from: 'stale' }, stale)
      this.inc({ from: 'primary' }, forwarded)
    },
  })

  function gauge(name: string, help: string, read: (parts: Watched) => number): void {
    new Gauge({
      name: `licet_edge_${name}`,
      help,
      registers,
      collect() {
        this.set(watched === null ? 0 : read(watched))
      },
    })
  }
  gauge('facts', 'Licenses that are known at the moment.', ({ facts }) => facts.count())
  gauge('usage_waiting', 'Validations that are not delivered to the primary yet.', ({ usage }) =>
    usage.countWaiting(),
  )
  gauge(
    'lease_seconds_left',
    'For how long the facts are known to be current; negative since the lease ended, 0 before the first.',
    ({ lease }) => -(lease.getAgeMs() ?? 0) / SECOND_MS,
  )

  return {
    registry,
    ...createRequestMetrics(registry),
    failures: counter(
      'internal_errors_total',
      'Internal errors. Each one is in the log with its stack trace.',
    ),
    droppedValidations: counter(
      'history_dropped_total',
      'Validations that were never delivered, because neither disk nor memory had room for them.',
    ),
    rateLimited: new Counter({
      name: 'licet_rate_limited_total',
      help: 'Requests beyond LICET_RATE_LIMIT_ADDRESS.',
      labelNames: ['limit'],
      registers,
    }),
    /** Makes the metrics report these parts. */
    watch(parts: Watched) {
      watched = parts
    },
  }
}
