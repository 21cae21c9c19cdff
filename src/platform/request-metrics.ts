import type { Metric, Registry } from 'prom-client'

const BUCKETS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5]
const MILLISECONDS = 1000

/** The requests of one method and route. */
interface Series {
  readonly method: string
  readonly route: string
  readonly countByStatus: Map<number, number>
  /** The number of requests whose duration is in each bucket and in none before it. */
  readonly buckets: number[]
  durationMs: number
}

interface Value {
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
  readonly metricName?: string
}

/** Counts requests and verdicts as plain numbers, which become metrics only when they are read. */
export function createRequestMetrics(registry: Registry) {
  /** By method, then route. */
  const series = new Map<string, Map<string, Series>>()
  const countByVerdict = new Map<string, number>()

  function startSeries(method: string, route: string): Series {
    const buckets = new Array<number>(BUCKETS_SECONDS.length + 1).fill(0)
    const started = { method, route, countByStatus: new Map(), buckets, durationMs: 0 }
    const ofMethod = series.get(method) ?? new Map<string, Series>()
    series.set(method, ofMethod.set(route, started))
    return started
  }

  const listSeries = () => [...series.values()].flatMap((ofMethod) => [...ofMethod.values()])

  function register(name: string, help: string, type: string, list: () => readonly Value[]): void {
    const get = async () => ({ name, help, type, aggregator: 'sum', values: list() })
    // The registry needs no more of a metric.
    registry.registerMetric({ name, get } as unknown as Metric)
  }

  register(
    'licet_http_requests_total',
    'HTTP requests by route pattern, method and status.',
    'counter',
    () => listSeries().flatMap(listCounts),
  )
  const durations = 'licet_http_request_duration_seconds'
  register(durations, 'Time from the arrival of a request to its response.', 'histogram', () =>
    [...groupByRoute(listSeries())].flatMap((group) => listDurations(durations, group)),
  )
  register(
    'licet_validations_total',
    'Validations by verdict: VALID or the error code.',
    'counter',
    () => [...countByVerdict].map(([verdict, value]) => ({ labels: { verdict }, value })),
  )

  return {
    recordRequest(method: string, route: string, status: number, durationMs: number): void {
      const one = series.get(method)?.get(route) ?? startSeries(method, route)
      one.countByStatus.set(status, (one.countByStatus.get(status) ?? 0) + 1)
      one.durationMs += durationMs
      let bucket = 0
      while (durationMs > (BUCKETS_SECONDS[bucket] ?? Infinity) * MILLISECONDS) bucket += 1
      one.buckets[bucket] = (one.buckets[bucket] ?? 0) + 1
    },
    recordVerdict(verdict: string): void {
      countByVerdict.set(verdict, (countByVerdict.get(verdict) ?? 0) + 1)
    },
  }
}

function listCounts({ method, route, countByStatus }: Series): Value[] {
  return [...countByStatus].map(([status, value]) => ({ labels: { method, route, status }, value }))
}

function groupByRoute(all: Iterable<Series>): Iterable<readonly [string, readonly Series[]]> {
  return Map.groupBy(all, ({ route }) => route)
}

/** Each bucket of a histogram includes the ones before it. */
function listDurations(
  name: string,
  [route, group]: readonly [string, readonly Series[]],
): Value[] {
  let count = 0
  const buckets = [...BUCKETS_SECONDS, '+Inf'].map((le, index) => {
    for (const { buckets: counts } of group) count += counts[index] ?? 0
    return { metricName: `${name}_bucket`, labels: { le, route }, value: count }
  })
  const durationMs = group.reduce((sum, one) => sum + one.durationMs, 0)
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: { route }, value: durationMs / MILLISECONDS },
    { metricName: `${name}_count`, labels: { route }, value: count },
  ]
}
