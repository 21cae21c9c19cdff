import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

const LATENCY_BUCKETS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5]

/** What Bun answers with figures that mean nothing. */
const STRANGE_TO_BUN = [
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

/** What the program tells of itself, in Prometheus' form. */
export function createMetrics() {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry, prefix: 'licet_' })
  for (const name of STRANGE_TO_BUN) registry.removeSingleMetric(`licet_${name}`)
  let cacheFigures = { hits: 0, misses: 0 }
  return {
    registry,
    /** Reads these figures whenever metrics are asked for. */
    watchCache(figures: { readonly hits: number; readonly misses: number }) {
      cacheFigures = figures
    },
    requests: new Counter({
      name: 'licet_http_requests_total',
      help: 'Requests answered, by route pattern, method and status.',
      labelNames: ['method', 'route', 'status'],
      registers,
    }),
    latency: new Histogram({
      name: 'licet_http_request_duration_seconds',
      help: 'From the arrival of a request to its answer.',
      labelNames: ['route'],
      buckets: LATENCY_BUCKETS_SECONDS,
      registers,
    }),
    validations: new Counter({
      name: 'licet_validations_total',
      help: 'Verdicts given, by their word; VALID for the good ones.',
      labelNames: ['verdict'],
      registers,
    }),
    droppedValidations: new Counter({
      name: 'licet_history_dropped_total',
      help: 'Validations that were counted but not kept singly, because the disk was too slow.',
      registers,
    }),
    cacheReads: new Gauge({
      name: 'licet_license_cache_reads',
      help: 'Look-ups of licenses by key since the start, from memory and from the database.',
      labelNames: ['from'],
      registers,
      collect() {
        this.set({ from: 'memory' }, cacheFigures.hits)
        this.set({ from: 'database' }, cacheFigures.misses)
      },
    }),
    jobRuns: new Counter({
      name: 'licet_job_runs_total',
      help: 'Rounds of each job.',
      labelNames: ['job'],
      registers,
    }),
    jobFailures: new Counter({
      name: 'licet_job_failures_total',
      help: 'Rounds that ended in a failure of our own.',
      labelNames: ['job'],
      registers,
    }),
    jobProcessed: new Counter({
      name: 'licet_job_processed_total',
      help: 'What each job dealt with: licenses, deliveries, rows.',
      labelNames: ['job'],
      registers,
    }),
    jobLastRun: new Gauge({
      name: 'licet_job_last_run_timestamp_seconds',
      help: 'When the last round of each job ended.',
      labelNames: ['job'],
      registers,
    }),
    jobDuration: new Gauge({
      name: 'licet_job_last_duration_seconds',
      help: 'How long the last round of each job took.',
      labelNames: ['job'],
      registers,
    }),
    deliveries: new Counter({
      name: 'licet_webhook_tries_total',
      help: 'Tries of webhook deliveries, by what came of them.',
      labelNames: ['outcome'],
      registers,
    }),
    failures: new Counter({
      name: 'licet_internal_errors_total',
      help: 'Failures of our own: each is in the log with its stack.',
      registers,
    }),
  }
}
