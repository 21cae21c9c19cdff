import type { Deps } from '~/deps.ts'
import { fillBuckets, summarizeCounts, toBucketRange } from '~/domain/usage.ts'
import { listPage } from '~/wire/pages.ts'
import {
  LicenseSeriesQuery,
  LicenseUsage,
  LicenseUsageQuery,
  presentLicenseUsageSummary,
  presentUsageEntry,
  presentUsageSeries,
  UsageSeries,
} from '~/wire/usage.ts'
import { answers } from '../answers.ts'
import { requireFound } from '../plugins/runs.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'
import { parseDays, parseRange } from './usage.ts'

/** Validations of one license: each of them, and their counts by day. */
export const licenseUsageRoutes = (
  { store, usage }: Pick<Deps, 'store' | 'usage'>,
  routes: ScopedRoutes,
) =>
  routes('/licenses/:id/usage', 'Usage')
    .get(
      '',
      async ({ params: { id }, query, command }) => {
        const { days, range } = parseDays(query, command.nowMs)
        const page = await listPage(`usage of ${id}`, query, presentUsageEntry, async (request) => {
          requireFound('license', await store.licenses.find(id))
          return usage.list(id, range, request)
        })
        const counts = await usage.listCounts(id, days)
        const devices = await usage.countDevices(id, days)
        return { ...page, summary: presentLicenseUsageSummary(summarizeCounts(counts), devices) }
      },
      {
        scope: 'usage:read',
        operationId: 'listLicenseUsage',
        query: LicenseUsageQuery,
        ...answers(LicenseUsage, 404),
        summary: 'List and summarize the validations of a license, newest first',
        description: 'Covers the last 30 days by default. The summary covers whole UTC days.',
      },
    )
    .get(
      '/series',
      async ({ params, query, command }) => {
        const { interval = 'day' } = query
        const buckets = toBucketRange(interval, parseRange(query), command.nowMs)
        requireFound('license', await store.licenses.find(params.id))
        const counts = await usage.listSeries(params.id, buckets, ['verdict', null])
        return presentUsageSeries(interval, fillBuckets(buckets, counts))
      },
      {
        scope: 'usage:read',
        operationId: 'getLicenseUsageSeries',
        query: LicenseSeriesQuery,
        ...answers(UsageSeries, 404),
        summary: 'Count the validations of a license by hour or day',
        description:
          'Counts by hour go back as far as individual validations are stored, and include at ' +
          'most 60 refused validations per minute.',
      },
    )
