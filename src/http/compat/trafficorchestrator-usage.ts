import { invalidField } from '~/domain/faults.ts'
import { DAY_MS, toTimestamp } from '~/domain/times.ts'
import { fillBuckets, getBucketStart, summarizeCounts, toBucketRange } from '~/domain/usage.ts'
import { presentPortalUsage } from '~/wire/compat/trafficorchestrator-portal.ts'
import { type CompatCall, type CompatReply, type CompatRoute, vendorRoute } from './api.ts'
import type { CompatTools } from './tools.ts'

const DAYS_DEFAULT = 30
const DAYS_MAX = 365

/** Figures about validations. The clients for Python and Node.js have different paths for usage. */
export const portalUsageRoutes: readonly CompatRoute[] = [
  vendorRoute('GET', '/portal/usage', showUsage),
  vendorRoute('GET', '/portal/stats', showUsage),
  vendorRoute('GET', '/portal/analytics', showAnalytics),
]

async function showUsage(call: CompatCall, tools: CompatTools): Promise<CompatReply> {
  await tools.authorize(call, 'usage:read')
  const { nowMs } = call
  const month = new Date(nowMs)
  const monthStartMs = Date.UTC(month.getUTCFullYear(), month.getUTCMonth())
  const counts = await tools.deps.store.overview.countLicenses(nowMs)
  const body = presentPortalUsage({
    validationsToday: await countSince(tools, nowMs, nowMs),
    validationsMonth: await countSince(tools, monthStartMs, nowMs),
    activeLicenses: counts.total - counts.suspended - counts.expired - counts.revoked,
  })
  return { status: 200, body }
}

/** Counts the validations, valid or refused, from the start of a UTC day until now. */
async function countSince({ deps }: CompatTools, fromMs: number, nowMs: number): Promise<number> {
  const days = toBucketRange('day', { fromMs, toMs: nowMs + 1 }, nowMs)
  const { valid, refused } = summarizeCounts(await deps.usage.listCounts(null, days))
  return valid + refused
}

async function showAnalytics(
  call: CompatCall,
  { deps, authorize }: CompatTools,
): Promise<CompatReply> {
  await authorize(call, 'usage:read')
  const days = readDays(call.query)
  const fromMs = call.nowMs - (days - 1) * DAY_MS
  const range = toBucketRange('day', { fromMs, toMs: call.nowMs + 1 }, call.nowMs)
  const series = await deps.usage.listSeries(null, range, ['verdict', null])
  const { valid, refused, byError, countries, plans } = summarizeCounts(
    await deps.usage.listCounts(null, range),
  )
  const since = toTimestamp(getBucketStart(range.first, 'day'))
  const daily = fillBuckets(range, series).map(({ bucket, ...count }) => ({
    date: toTimestamp(getBucketStart(bucket, 'day')).slice(0, 10),
    validations: count.valid + count.refused,
    valid: count.valid,
    refused: count.refused,
  }))
  const totals = { validations: valid + refused, valid, refused }
  const body = { period: { days, since }, totals, daily, errors: byError, countries, plans }
  return { status: 200, body }
}

/** Throws a Fault for anything but 1–365. */
function readDays(query: URLSearchParams): number {
  const text = query.get('days') ?? String(DAYS_DEFAULT)
  const days = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (days >= 1 && days <= DAYS_MAX) return days
  throw invalidField('?days', `Must be a number from 1 to ${DAYS_MAX}.`)
}
