import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

const LATENCY_BUCKETS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5]

/** Default metrics whose values are meaningless on Bun. */
const UNSUPPORTED =
  /^licet_(?:process_heap_bytes|nodejs_active_.*|nodejs_heap_size_total_bytes|nodejs_heap_space_.*)$/

export type Metrics = ReturnType<typeof createMetrics>

/** Creates the Prometheus metrics of this process. */
export function createMetrics() {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'licet_' })
  for (const { name } of registry.getMetricsAsArray()) {
    if (UNSUPPORTED.test(name)) registry.removeSingleMetric(name)
  }
  return {
    registry,
    latency: new Histogram({
      name: 'licet_http_request_duration_seconds',
      help: 'Time from the arrival of a request to its response.',
      labelNames: ['route'],
      buckets: LATENCY_BUCKETS_SECONDS,
      registers: [registry],
    }),
    ...createCounters(registry),
    ...createGauges(registry),
  }
}

function createCounters(registry: Registry) {
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name: `licet_${name}`, help, labelNames, registers: [registry] })
  return {
    requests: counter(
      'http_requests_total',
      'HTTP requests by route pattern, method and status.',
      'method',
      'route',
      'status',
    ),
    failures: counter(
      'internal_errors_total',
      'Internal errors. Each one is in the log with its stack trace.',
    ),
    validations: counter(
      'validations_total',
      'Validations by verdict: VALID or the error code.',
      'verdict',
    ),
    droppedValidations: counter(
      'history_dropped_total',
      'Validations missing from history and counters because the disk was too slow.',
    ),
    clockJumps: counter('clock_jumps_total', 'Jumps of the clock by direction.', 'direction'),
    jobRuns: counter('job_runs_total', 'Finished runs of each job.', 'job'),
    jobFailures: counter(
      'job_failures_total',
      'Runs of each job that failed with an internal error.',
      'job',
    ),
    jobProcessed: counter(
      'job_processed_total',
      'Items that each job has processed: licenses, deliveries or rows.',
      'job',
    ),
    deliveries: counter('webhook_tries_total', 'Webhook delivery attempts by outcome.', 'outcome'),
  }
}

function createGauges(registry: Registry) {
  let cacheFigures = { hits: 0, misses: 0 }
  const cacheReads = new Gauge({
    name: 'licet_license_cache_reads',
    help: 'License lookups since startup, from memory (hits) and from the database (misses).',
    labelNames: ['from'],
    registers: [registry],
    collect() {
      this.set({ from: 'memory' }, cacheFigures.hits)
      this.set({ from: 'database' }, cacheFigures.misses)
    },
  })
  const jobGauge = (name: string, help: string) =>
    new Gauge({ name: `licet_job_${name}`, help, labelNames: ['job'], registers: [registry] })
  return {
    cacheReads,
    jobLastRun: jobGauge('last_run_timestamp_seconds', 'When the last run of each job finished.'),
    jobDuration: jobGauge('last_duration_seconds', 'Duration of the last run of each job.'),
    /** Makes `cacheReads` report these counts, which the cache keeps up to date. */
    watchCache(figures: { readonly hits: number; readonly misses: number }) {
      cacheFigures = figures
    },
  }
}
