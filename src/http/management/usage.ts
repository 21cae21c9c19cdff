import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import { parseTimestamp } from '~/domain/times.ts'
import {
  type Dimension,
  fillBuckets,
  getBucketStart,
  type NamedCount,
  summarizeCounts,
  toBucketRange,
} from '~/domain/usage.ts'
import {
  presentUsageSeries,
  presentUsageSummary,
  SeriesQuery,
  SummaryQuery,
  UsageSeries,
  UsageSummary,
} from '~/wire/usage.ts'
import { answers } from '../answers.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'

/** Validations of the whole server, or of one product or plan. */
export const usageRoutes = ({ usage }: Pick<Deps, 'usage'>, routes: ScopedRoutes) =>
  routes('/usage', 'Usage')
    .get(
      '/series',
      async ({ query, command }) => {
        const { interval = 'day' } = query
        const buckets = toBucketRange(interval, parseRange(query), command.nowMs)
        const part = parsePart(query) ?? (['verdict', null] as const)
        const counts = await usage.listSeries(null, buckets, part)
        return presentUsageSeries(interval, fillBuckets(buckets, counts))
      },
      {
        scope: 'usage:read',
        operationId: 'getUsageSeries',
        query: SeriesQuery,
        ...answers(UsageSeries),
        summary: 'Count all validations by hour or day',
      },
    )
    .get(
      '/summary',
      async ({ query, command }) => {
        const days = toBucketRange('day', parseRange(query), command.nowMs)
        const part = parsePart(query)
        const counts = await usage.listCounts(null, days)
        // Each count has one dimension, so a product or plan cannot be broken down any further.
        return part === null
          ? presentUsageSummary(summarizeCounts(counts))
          : findCount(counts, part)
      },
      {
        scope: 'usage:read',
        operationId: 'getUsageSummary',
        query: SummaryQuery,
        ...answers(UsageSummary),
        summary: 'Summarize all validations of the last 30 days, or of a range of UTC days',
      },
    )

type RangeQuery = Pick<SeriesQuery, 'from' | 'to'>

export function parseRange({ from, to }: RangeQuery) {
  return {
    fromMs: from === undefined ? undefined : parseTimestamp(from, '?from'),
    toMs: to === undefined ? undefined : parseTimestamp(to, '?to'),
  }
}

/** Returns the days that a query covers, the last 30 by default, and its exact range. */
export function parseDays(query: RangeQuery, nowMs: number) {
  const range = parseRange(query)
  const days = toBucketRange('day', range, nowMs)
  const {
    fromMs = getBucketStart(days.first, 'day'),
    toMs = getBucketStart(days.last + 1, 'day'),
  } = range
  return { days, range: { fromMs, toMs } }
}

type Part = readonly [dimension: Dimension, name: string]

function parsePart({ product, plan }: Pick<SeriesQuery, 'product' | 'plan'>): Part | null {
  if (product !== undefined && plan !== undefined) {
    throw new Fault('validation_failed', 'Send either a product or a plan.')
  }
  if (product !== undefined) return ['product', product]
  return plan === undefined ? null : ['plan', plan]
}

function findCount(counts: readonly NamedCount[], [dimension, name]: Part) {
  const found = counts.find((count) => count.dimension === dimension && count.name === name)
  return { valid: found?.valid ?? 0, refused: found?.refused ?? 0 }
}
