import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import { parseTimestamp } from '~/domain/times.ts'
import {
  cutToBuckets,
  type Dimension,
  figuresOf,
  fillBuckets,
  type NamedCount,
  startOf,
} from '~/domain/usage.ts'
import { parsePageRequest, presentPage } from '~/wire/pages.ts'
import { problems } from '~/wire/problems.ts'
import {
  LicenseSeriesQuery,
  LicenseUsage,
  LicenseUsageQuery,
  presentLicenseUsageSummary,
  presentUsageEntry,
  presentUsageSeries,
  presentUsageSummary,
  SeriesQuery,
  SummaryQuery,
  UsageSeries,
  UsageSummary,
} from '~/wire/usage.ts'
import type { CommandsPlugin } from '../plugins/commands.ts'

const tags = ['Usage']

/** What one license was used for, from its single validations and from its counts by day. */
export const licenseUsageRoutes = ({ store }: Pick<Deps, 'store'>, commands: CommandsPlugin) => {
  async function requireLicense(id: string): Promise<void> {
    if ((await store.licenses.find(id)) === null) throw new Fault('not_found', 'No such license.')
  }

  return new Elysia({ prefix: '/licenses/:id/usage' })
    .use(commands)
    .get(
      '',
      async ({ params, query, command }) => {
        const list = `usage of ${params.id}`
        const request = parsePageRequest(list, query)
        const given = readRange(query)
        const days = cutToBuckets('day', given, command.nowMs)
        const { fromMs = startOf(days.first, 'day'), toMs = startOf(days.last + 1, 'day') } = given
        await requireLicense(params.id)
        const [page, counts, devices] = await Promise.all([
          store.usage.list(params.id, { fromMs, toMs }, request),
          store.usage.listCounts(params.id, days),
          store.usage.countDevices(params.id, days),
        ])
        return {
          ...presentPage(list, query, page, presentUsageEntry),
          summary: presentLicenseUsageSummary(figuresOf(counts), devices),
        }
      },
      {
        scope: 'usage:read',
        query: LicenseUsageQuery,
        response: { 200: LicenseUsage, ...problems(400, 401, 403, 404, 422) },
        detail: {
          tags,
          operationId: 'listLicenseUsage',
          summary: 'List the validations of a license, newest first, and sum them up',
          description: 'Of the last 30 days unless told otherwise; the sums are of whole UTC days.',
        },
      },
    )
    .get(
      '/series',
      async ({ params, query, command }) => {
        const { interval = 'day' } = query
        const buckets = cutToBuckets(interval, readRange(query), command.nowMs)
        await requireLicense(params.id)
        const counts = await store.usage.listSeries(params.id, buckets, ['verdict', null])
        return presentUsageSeries(interval, fillBuckets(buckets, counts))
      },
      {
        scope: 'usage:read',
        query: LicenseSeriesQuery,
        response: { 200: UsageSeries, ...problems(401, 403, 404, 422) },
        detail: {
          tags,
          operationId: 'getLicenseUsageSeries',
          summary: 'Count the validations of a license by hour or day',
          description:
            'Hours are counted from the single validations, as far back as they are kept, and of ' +
            'refused ones no more than 60 of a minute.',
        },
      },
    )
}

/** What the whole server answered, or of one product or plan. */
export const usageRoutes = ({ store }: Pick<Deps, 'store'>, commands: CommandsPlugin) =>
  new Elysia({ prefix: '/usage' })
    .use(commands)
    .get(
      '/series',
      async ({ query, command }) => {
        const { interval = 'day' } = query
        const buckets = cutToBuckets(interval, readRange(query), command.nowMs)
        const part = readPart(query) ?? (['verdict', null] as const)
        const counts = await store.usage.listSeries(null, buckets, part)
        return presentUsageSeries(interval, fillBuckets(buckets, counts))
      },
      {
        scope: 'usage:read',
        query: SeriesQuery,
        response: { 200: UsageSeries, ...problems(401, 403, 422) },
        detail: {
          tags,
          operationId: 'getUsageSeries',
          summary: 'Count all validations by hour or day',
        },
      },
    )
    .get(
      '/summary',
      async ({ query, command }) => {
        const days = cutToBuckets('day', readRange(query), command.nowMs)
        const part = readPart(query)
        const counts = await store.usage.listCounts(null, days)
        // Each count is of one dimension, so a product or plan cannot be broken down any further.
        return part === null ? presentUsageSummary(figuresOf(counts)) : countOf(counts, part)
      },
      {
        scope: 'usage:read',
        query: SummaryQuery,
        response: { 200: UsageSummary, ...problems(401, 403, 422) },
        detail: {
          tags,
          operationId: 'getUsageSummary',
          summary: 'Sum up all validations of the last 30 days, or of other whole UTC days',
        },
      },
    )

interface RangeQuery {
  readonly from?: string | undefined
  readonly to?: string | undefined
}

export function readRange({ from, to }: RangeQuery) {
  return {
    fromMs: from === undefined ? undefined : parseTimestamp(from, '?from'),
    toMs: to === undefined ? undefined : parseTimestamp(to, '?to'),
  }
}

type Part = readonly [dimension: Dimension, name: string]

function readPart({ product, plan }: Pick<SeriesQuery, 'product' | 'plan'>): Part | null {
  if (product !== undefined && plan !== undefined) {
    throw new Fault('validation_failed', 'Give either a product or a plan.')
  }
  if (product !== undefined) return ['product', product]
  return plan === undefined ? null : ['plan', plan]
}

function countOf(counts: readonly NamedCount[], [dimension, name]: Part) {
  const found = counts.find((count) => count.dimension === dimension && count.name === name)
  return { valid: found?.valid ?? 0, refused: found?.refused ?? 0 }
}
