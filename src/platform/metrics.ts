import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, Registry } from 'prom-client'
import addMemory from 'prom-client/lib/metrics/osMemoryHeap.js'
import addCpuTimes from 'prom-client/lib/metrics/processCpuTotal.js'
import addFilesMax from 'prom-client/lib/metrics/processMaxFileDescriptors.js'
import addOpenFiles from 'prom-client/lib/metrics/processOpenFileDescriptors.js'
import addStartTime from 'prom-client/lib/metrics/processStartTime.js'
import type { ScheduleState } from '~/domain/backup-schedule.ts'
import { type OpenCheckoutState, openCheckoutStates } from '~/domain/checkout-events.ts'
import { type Degradation, degradationReasons } from '~/domain/degradations.ts'
import { OVERTAKING_MAX_MS, SECOND_MS } from '~/domain/times.ts'
import { findLastBackup } from './last-backup.ts'
import { createRequestMetrics } from './request-metrics.ts'
import { version } from './version.ts'

/** Meaningless on Bun. */
const UNSUPPORTED = 'process_heap_bytes'
const DELAY_RESOLUTION_MS = 10
const NANOSECONDS = 1e-9

export type Metrics = ReturnType<typeof createMetrics>

/** Creates the Prometheus metrics of this process. */
export function createMetrics() {
  const registry = createRegistry()
  return {
    registry,
    ...createRequestMetrics(registry),
    ...createCounters(registry),
    ...createGauges(registry),
    ...createCheckoutGauges(registry),
    ...createEdgeGauges(registry),
    ...createSharingGauges(registry),
    ...createBackupGauges(registry),
  }
}

/** Creates a registry with the metrics that every process has. */
export function createRegistry(): Registry {
  const registry = new Registry()
  // Not all default metrics: those of Node.js walk the whole heap, and only to exist.
  for (const add of [addCpuTimes, addStartTime, addMemory, addOpenFiles, addFilesMax]) add(registry)
  registry.removeSingleMetric(UNSUPPORTED)
  addBuildInfo(registry)
  addEventLoopDelay(registry)
  return registry
}

function addBuildInfo(registry: Registry): void {
  const labels = { version, bun: Bun.version }
  new Gauge({
    name: 'licet_build_info',
    help: 'Always 1. The labels are the versions of Licet and of Bun, which runs it.',
    labelNames: Object.keys(labels),
    registers: [registry],
  }).set(labels, 1)
}

/** Measures how long everything waits while the process is busy with one thing. */
function addEventLoopDelay(registry: Registry): void {
  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS })
  delay.enable()
  new Gauge({
    name: 'licet_event_loop_delay_seconds',
    help: 'Delay of the event loop since the last scrape. Percentile 100 is the longest delay.',
    // Prometheus reserves the label `quantile` for summaries.
    labelNames: ['percentile'],
    registers: [registry],
    collect() {
      this.set({ percentile: '50' }, delay.percentile(50) * NANOSECONDS)
      this.set({ percentile: '99' }, delay.percentile(99) * NANOSECONDS)
      this.set({ percentile: '100' }, delay.max * NANOSECONDS)
      delay.reset()
    },
  })
}

function createCounters(registry: Registry) {
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name: `licet_${name}`, help, labelNames, registers: [registry] })
  return {
    failures: counter(
      'internal_errors_total',
      'Internal errors. Each one is in the log with its stack trace.',
    ),
    droppedValidations: counter(
      'history_dropped_total',
      'Validations missing from history and counters because the disk was too slow.',
    ),
    rateLimited: counter(
      'rate_limited_total',
      'Requests beyond LICET_RATE_LIMIT_API_KEY or LICET_RATE_LIMIT_ADDRESS, by what is limited.',
      'limit',
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
    checkoutEvents: counter(
      'checkout_events_total',
      'Checkout events that were stored, that had been stored before, or that were rejected.',
      'provider',
      'outcome',
    ),
    checkoutProcessed: counter(
      'checkout_processed_total',
      'Checkout events that were processed, by their state afterwards.',
      'provider',
      'state',
    ),
    backupFailures: counter('backup_failures_total', 'Scheduled backups that have failed.'),
    mails: counter('mail_tries_total', 'Attempts to send mails by outcome.', 'outcome'),
    deliveries: counter('webhook_tries_total', 'Webhook delivery attempts by outcome.', 'outcome'),
  }
}

interface DeliveryFigures {
  readonly pending: number
  readonly oldestCreatedAtMs: number | null
}

function createGauges(registry: Registry) {
  let cacheFigures = { hits: 0, misses: 0 }
  const cacheReads = new Counter({
    name: 'licet_license_cache_reads_total',
    help: 'License lookups, from memory (hits) and from the database (misses).',
    labelNames: ['from'],
    registers: [registry],
    collect() {
      this.reset()
      this.inc({ from: 'memory' }, cacheFigures.hits)
      this.inc({ from: 'database' }, cacheFigures.misses)
    },
  })
  const gauge = (name: string, help: string) =>
    new Gauge({ name: `licet_${name}`, help, registers: [registry] })
  let listDegradations: () => readonly Degradation[] = () => []
  const degraded = new Gauge({
    name: 'licet_degraded',
    help: '1 for each reason why something does not work at the moment, otherwise 0.',
    labelNames: ['reason'],
    registers: [registry],
    collect() {
      const current = listDegradations().map(({ reason }) => reason)
      for (const reason of degradationReasons) {
        this.set({ reason }, current.includes(reason) ? 1 : 0)
      }
    },
  })
  const jobGauge = (name: string, help: string) =>
    new Gauge({ name: `licet_job_${name}`, help, labelNames: ['job'], registers: [registry] })
  const pendingDeliveries = gauge(
    'webhook_deliveries_pending',
    'Webhook deliveries that are waiting for an attempt, counted up to 100,000.',
  )
  const oldestPending = gauge(
    'webhook_oldest_pending_age_seconds',
    'Age of the oldest pending webhook delivery; 0 if there is none.',
  )
  const lastBackup = gauge(
    'last_backup_age_seconds',
    'Time since the last successful run of licet backup; +Inf if there was none.',
  )
  return {
    cacheReads,
    degraded,
    jobLastRun: jobGauge('last_run_timestamp_seconds', 'When the last run of each job finished.'),
    jobDuration: jobGauge('last_duration_seconds', 'Duration of the last run of each job.'),
    /** Makes `degraded` report what this returns. */
    watchDegradations(list: () => readonly Degradation[]) {
      listDegradations = list
    },
    /** Makes `cacheReads` report these counts, which the cache keeps up to date. */
    watchCache(figures: { readonly hits: number; readonly misses: number }) {
      cacheFigures = figures
    },
    /** Null makes the figures unknown, when storage does not respond. */
    setDeliveries(figures: DeliveryFigures | null, nowMs: number) {
      const oldestMs = figures === null ? Number.NaN : (figures.oldestCreatedAtMs ?? nowMs)
      pendingDeliveries.set(figures?.pending ?? Number.NaN)
      oldestPending.set(Math.max(0, nowMs - oldestMs) / SECOND_MS)
    },
    /** Reads the time of the last backup of a data directory. It is unknown without one. */
    measureBackup(directory: string | null, nowMs: number) {
      lastBackup.set(directory === null ? Number.NaN : readBackupAge(directory, nowMs) / SECOND_MS)
    },
  }
}

function readBackupAge(directory: string, nowMs: number): number {
  const atMs = findLastBackup(directory) ?? Number.NEGATIVE_INFINITY
  // A time in the future is from a clock that was ahead, so the age is unknown.
  const isPast = atMs <= nowMs + OVERTAKING_MAX_MS
  return isPast ? Math.max(0, nowMs - atMs) : Number.POSITIVE_INFINITY
}

function createCheckoutGauges(registry: Registry) {
  const openEvents = new Gauge({
    name: 'licet_checkout_events_open',
    help: 'Checkout events that are not settled, by state: each counted up to 10,000.',
    labelNames: ['state'],
    registers: [registry],
  })
  const pendingMails = new Gauge({
    name: 'licet_mails_pending',
    help: 'Mails that are not sent yet, counted up to 10,000.',
    registers: [registry],
  })
  return {
    /** Null makes the figures unknown, when storage does not respond. */
    setCheckout(events: Readonly<Record<OpenCheckoutState, number>> | null, mails: number | null) {
      for (const state of openCheckoutStates) {
        openEvents.set({ state }, events?.[state] ?? Number.NaN)
      }
      pendingMails.set(mails ?? Number.NaN)
    },
  }
}

function createBackupGauges(registry: Registry) {
  const gauge = (name: string, help: string) =>
    new Gauge({ name: `licet_scheduled_backup_${name}`, help, registers: [registry] })
  const lastSuccess = gauge(
    'last_success_timestamp_seconds',
    'When the last scheduled backup was stored and read back; 0 if none was.',
  )
  const bytes = gauge('bytes', 'Size of the last scheduled backup; 0 if there is none.')
  const logBytes = new Gauge({
    name: 'licet_database_log_bytes',
    help: 'Size of the write-ahead log of the database.',
    registers: [registry],
  })
  const failures = gauge('failures', 'Scheduled backups that have failed since the last success.')
  return {
    /** Null where Licet makes no backups. */
    setLogBytes(bytes: number | null) {
      logBytes.set(bytes ?? Number.NaN)
    },
    /** Null where Licet makes no backups. */
    setScheduledBackups(figures: ScheduleState | null) {
      lastSuccess.set(figures === null ? Number.NaN : (figures.lastSuccessAtMs ?? 0) / SECOND_MS)
      bytes.set(figures === null ? Number.NaN : (figures.lastSuccessBytes ?? 0))
      failures.set(figures?.failures ?? Number.NaN)
    },
  }
}

/** The state of an edge. */
interface EdgeFigures {
  readonly name: string
  readonly isConnected: boolean
  readonly lagMs: number | null
}

function createEdgeGauges(registry: Registry) {
  const edges = new Gauge({
    name: 'licet_edges',
    help: 'Edges by state: connected, or away.',
    labelNames: ['state'],
    registers: [registry],
  })
  const lag = new Gauge({
    name: 'licet_edge_lag_seconds',
    help: 'For how long an edge has not confirmed that it has all changes.',
    labelNames: ['edge'],
    registers: [registry],
  })
  return {
    /** Null makes the figures unknown, when storage does not respond. */
    setEdges(figures: readonly EdgeFigures[] | null) {
      const connected = figures?.filter(({ isConnected }) => isConnected).length
      edges.set({ state: 'connected' }, connected ?? Number.NaN)
      edges.set({ state: 'away' }, figures ? figures.length - (connected ?? 0) : Number.NaN)
      lag.reset()
      for (const { name, lagMs } of figures ?? []) {
        if (lagMs !== null) lag.set({ edge: name }, lagMs / SECOND_MS)
      }
    },
  }
}

/** Figures of a server on a database that several share. */
function createSharingGauges(registry: Registry) {
  let getClockSkewMs = () => 0
  let isOutdated = () => false
  new Gauge({
    name: 'licet_clock_skew_seconds',
    help: 'How far the clock of this server is ahead of that of the database that it shares.',
    registers: [registry],
    collect() {
      this.set(getClockSkewMs() / SECOND_MS)
    },
  })
  new Gauge({
    name: 'licet_outdated',
    help: '1 while validations are answered from memory because the database is away, otherwise 0.',
    registers: [registry],
    collect() {
      this.set(isOutdated() ? 1 : 0)
    },
  })
  return {
    /** Makes the gauges report what these return. */
    watchShared(getSkewMs: () => number, getOutdated: () => boolean) {
      getClockSkewMs = getSkewMs
      isOutdated = getOutdated
    },
  }
}
