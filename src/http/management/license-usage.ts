import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { fillBuckets, getBucketStart, summarizeCounts, toBucketRange } from '~/domain/usage.ts'
import { parsePageRequest, presentPage } from '~/wire/pages.ts'
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
import type { Scopes } from '../plugins/scopes.ts'
import { LicenseParams } from './path-params.ts'
import { requireFound } from './require-found.ts'
import { parseRange } from './usage.ts'

/** Validations of one license: each of them, and their counts by day. */
export const licenseUsageRoutes = (
  { store, usage }: Pick<Deps, 'store' | 'usage'>,
  scopes: Scopes,
) =>
  new Elysia({ prefix: '/licenses/:id/usage', tags: ['Usage'] })
    .use(scopes)
    .get(
      '',
      async ({ params: { id }, query, command }) => {
        const list = `usage of ${id}`
        const request = parsePageRequest(list, query)
        const range = parseRange(query)
        const days = toBucketRange('day', range, command.nowMs)
        const {
          fromMs = getBucketStart(days.first, 'day'),
          toMs = getBucketStart(days.last + 1, 'day'),
        } = range
        requireFound('license', await store.licenses.find(id))
        const [page, counts, devices] = await Promise.all([
          usage.list(id, { fromMs, toMs }, request),
          usage.listCounts(id, days),
          usage.countDevices(id, days),
        ])
        return {
          ...presentPage(list, query, page, presentUsageEntry),
          summary: presentLicenseUsageSummary(summarizeCounts(counts), devices),
        }
      },
      {
        scope: 'usage:read',
        operationId: 'listLicenseUsage',
        params: LicenseParams,
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
        params: LicenseParams,
        query: LicenseSeriesQuery,
        ...answers(UsageSeries, 404),
        summary: 'Count the validations of a license by hour or day',
        description:
          'Counts by hour go back as far as individual validations are stored, and include at ' +
          'most 60 refused validations per minute.',
      },
    )
