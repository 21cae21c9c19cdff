import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Random } from '../support/random.ts'
import { checkEverything } from './check.ts'
import { runClient } from './operations.ts'
import { startReceivers } from './receivers.ts'
import type { Pace } from './server-life.ts'
import { type Finding, openWorld } from './world.ts'

const CLIENTS = 8
const SAMPLES_MIN = 60
const SAMPLE_MS_MAX = 10_000
/** The share of the time before the first sample: caches fill up, and the heap finds its size. */
const WARM_UP = 0.15
const PARTS = 6
const HOUR_MS = 3_600_000
const MEGABYTE = 2 ** 20

/** The series that are measured, with the growth per hour up to which each is flat. */
export const series = {
  'resident memory': { unit: 'MB', flatPerHour: 16 },
  'open descriptors': { unit: '', flatPerHour: 2 },
  'write-ahead log': { unit: 'MB', flatPerHour: 2 },
  'delay of the event loop, p99': { unit: 'ms', flatPerHour: 2 },
  'response time, p99': { unit: 'ms', flatPerHour: 5 },
} as const
export type Series = keyof typeof series

export interface Line {
  readonly name: Series
  readonly first: number
  readonly last: number
  readonly average: number
  /** The averages of equal parts of the time, which show whether what grows comes to an end. */
  readonly parts: readonly number[]
  readonly slopePerHour: number
  /** The standard error of the slope. */
  readonly errorPerHour: number
  readonly isFlat: boolean
}

export interface SteadyRun {
  readonly root: string
  readonly env: Readonly<Record<string, string>>
  readonly random: Random
  readonly durationMs: number
  readonly requestsPerSecond: number
  readonly onProgress: (text: string) => void
}

export interface SteadyResult {
  readonly lines: readonly Line[]
  readonly findings: readonly Finding[]
  readonly changes: number
  readonly requests: number
  readonly samples: number
}

/** Keeps a server under the same load without faults, and fits a line to what it uses. */
export async function runSteady(run: SteadyRun): Promise<SteadyResult> {
  await using receivers = await startReceivers()
  const pace = createPace(run.requestsPerSecond)
  const random = run.random.fork('steady')
  await using world = await openWorld({ ...run, name: 'steady', random, pace })
  await receivers.subscribe(world)
  world.life.open()
  let isOver = false
  const clients = Array.from({ length: CLIENTS }, (_, index) =>
    runClient(world, `steady-${index}`, 'steady', () => isOver),
  )
  const load = Promise.all(clients)
  load.catch(() => undefined)
  await Bun.sleep(run.durationMs * WARM_UP)
  const measuredMs = run.durationMs * (1 - WARM_UP)
  const everyMs = Math.min(SAMPLE_MS_MAX, measuredMs / SAMPLES_MIN)
  const samples: Sample[] = []
  const take = () => readSample(world.life.server(), world.directory, pace.takeP99Ms())
  await take()
  const startedAtMs = performance.now()
  while (performance.now() < startedAtMs + measuredMs) {
    await Bun.sleep(everyMs)
    samples.push(await take())
    if (samples.length % 30 === 0)
      run.onProgress(`${samples.length} samples, ${world.ledger.count()} changes`)
  }
  isOver = true
  await load
  const ids = await checkEverything(world)
  if ((await receivers.waitFor(ids)) === null) world.find('lost', 'deliveries')
  return {
    lines: (Object.keys(series) as Series[]).map((name) => fit(name, samples)),
    findings: world.findings,
    changes: world.ledger.count(),
    requests: pace.count(),
    samples: samples.length,
  }
}

type Sample = Readonly<Record<Series, number>> & { readonly atMs: number }

async function readSample(
  server: { send(method: string, path: string): Promise<{ text: string }> },
  directory: string,
  responseP99Ms: number,
): Promise<Sample> {
  const { text } = await server.send('GET', '/metrics')
  const metric = (name: string) => {
    const line = text.split('\n').find((each) => each.startsWith(`${name} `))
    return Number(line?.slice(name.length))
  }
  const logBytes = statSync(join(directory, 'licet.sqlite-wal'), { throwIfNoEntry: false })?.size
  return {
    atMs: performance.now(),
    'resident memory': metric('process_resident_memory_bytes') / MEGABYTE,
    'open descriptors': metric('process_open_fds'),
    'write-ahead log': (logBytes ?? 0) / MEGABYTE,
    'delay of the event loop, p99':
      metric('licet_event_loop_delay_seconds{percentile="99"}') * 1000,
    'response time, p99': responseP99Ms,
  }
}

/** Fits a line by least squares. What grows is not flat if that is no accident, by twice the standard error. */
export function fit(name: Series, samples: readonly Sample[]): Line {
  const points = samples.map((sample) => ({ hours: sample.atMs / HOUR_MS, value: sample[name] }))
  const average = mean(points.map(({ value }) => value))
  const averageHours = mean(points.map(({ hours }) => hours))
  const spread = sum(points.map(({ hours }) => (hours - averageHours) ** 2))
  const slope =
    sum(points.map(({ hours, value }) => (hours - averageHours) * (value - average))) / spread
  const residuals = points.map(
    ({ hours, value }) => value - average - slope * (hours - averageHours),
  )
  const error = Math.sqrt(sum(residuals.map((each) => each ** 2)) / (points.length - 2) / spread)
  return {
    name,
    first: points[0]?.value ?? Number.NaN,
    last: points.at(-1)?.value ?? Number.NaN,
    average,
    parts: averageParts(points.map(({ value }) => value)),
    slopePerHour: slope,
    errorPerHour: error,
    isFlat: slope - 2 * error <= series[name].flatPerHour,
  }
}

function averageParts(values: readonly number[]): number[] {
  const length = Math.ceil(values.length / PARTS)
  const starts = Array.from({ length: PARTS }, (_, index) => index * length)
  return starts.map((start) => mean(values.slice(start, start + length)))
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
const mean = (values: readonly number[]) => sum(values) / values.length

/** Spreads requests evenly over time, and remembers how long they took. */
function createPace(perSecond: number): Pace & { takeP99Ms(): number; count(): number } {
  const gapMs = 1000 / perSecond
  let nextAtMs = performance.now()
  let durationsMs: number[] = []
  let count = 0
  return {
    async beforeRequest() {
      const nowMs = performance.now()
      // Requests that a stalled server held up are not made up for.
      nextAtMs = Math.max(nextAtMs + gapMs, nowMs)
      if (nextAtMs > nowMs) await Bun.sleep(nextAtMs - nowMs)
    },
    afterRequest(durationMs) {
      count += 1
      durationsMs.push(durationMs)
    },
    takeP99Ms() {
      const sorted = durationsMs.toSorted((first, second) => first - second)
      durationsMs = []
      return sorted[Math.floor(sorted.length * 0.99)] ?? 0
    },
    count: () => count,
  }
}
