import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

const LATENCY_BUCKETS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5]

/** Default metrics whose values are meaningless on Bun. */
const UNSUPPORTED = [
  'process_heap_bytes',
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
  'nodejs_active_resources',
  'nodejs_active_resources_total',
  'nodejs_heap_size_total_bytes',
  'nodejs_heap_space_size_available_bytes',
  'nodejs_heap_space_size_total_bytes',
  'nodejs_heap_space_size_used_bytes',
]

export type Metrics = ReturnType<typeof createMetrics>

/** Creates the Prometheus metrics of this process. */
export function createMetrics() {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'licet_' })
  for (const name of UNSUPPORTED) registry.removeSingleMetric(`licet_${name}`)
  const registers = [registry]
  return {
    registry,
    ...createRequestMetrics(registers),
    ...createValidationMetrics(registers),
    ...createJobMetrics(registers),
  }
}

function createRequestMetrics(registers: Registry[]) {
  return {
    requests: new Counter({
      name: 'licet_http_requests_total',
      help: 'HTTP requests by route pattern, method and status.',
      labelNames: ['method', 'route', 'status'],
      registers,
    }),
    latency: new Histogram({
      name: 'licet_http_request_duration_seconds',
      help: 'Time from the arrival of a request to its response.',
      labelNames: ['route'],
      buckets: LATENCY_BUCKETS_SECONDS,
      registers,
    }),
    failures: new Counter({
      name: 'licet_internal_errors_total',
      help: 'Internal errors. Each one is in the log with its stack trace.',
      registers,
    }),
  }
}

function createValidationMetrics(registers: Registry[]) {
  let cacheFigures = { hits: 0, misses: 0 }
  return {
    validations: new Counter({
      name: 'licet_validations_total',
      help: 'Validations by verdict: VALID or the error code.',
      labelNames: ['verdict'],
      registers,
    }),
    droppedValidations: new Counter({
      name: 'licet_history_dropped_total',
      help: 'Validations missing from history and counters because the disk was too slow.',
      registers,
    }),
    cacheReads: new Gauge({
      name: 'licet_license_cache_reads',
      help: 'License lookups since startup, from memory (hits) and from the database (misses).',
      labelNames: ['from'],
      registers,
      collect() {
        this.set({ from: 'memory' }, cacheFigures.hits)
        this.set({ from: 'database' }, cacheFigures.misses)
      },
    }),
    /** Makes `cacheReads` report these counts, which the cache keeps up to date. */
    watchCache(figures: { readonly hits: number; readonly misses: number }) {
      cacheFigures = figures
    },
  }
}

function createJobMetrics(registers: Registry[]) {
  const labelNames = ['job'] as const
  return {
    jobRuns: new Counter({
      name: 'licet_job_runs_total',
      help: 'Finished runs of each job.',
      labelNames,
      registers,
    }),
    jobFailures: new Counter({
      name: 'licet_job_failures_total',
      help: 'Runs of each job that failed with an internal error.',
      labelNames,
      registers,
    }),
    jobProcessed: new Counter({
      name: 'licet_job_processed_total',
      help: 'Items that each job has processed: licenses, deliveries or rows.',
      labelNames,
      registers,
    }),
    jobLastRun: new Gauge({
      name: 'licet_job_last_run_timestamp_seconds',
      help: 'When the last run of each job finished.',
      labelNames,
      registers,
    }),
    jobDuration: new Gauge({
      name: 'licet_job_last_duration_seconds',
      help: 'Duration of the last run of each job.',
      labelNames,
      registers,
    }),
    deliveries: new Counter({
      name: 'licet_webhook_tries_total',
      help: 'Webhook delivery attempts by outcome.',
      labelNames: ['outcome'],
      registers,
    }),
  }
}
