import type { Static } from '@sinclair/typebox'
import { toTimestamp } from '~/domain/times.ts'
import type * as domain from '~/domain/usage.ts'
import { type BucketCount, type CountSummary, getBucketStart } from '~/domain/usage.ts'
import { Time, Timestamp } from './fields.ts'
import { pageOf, pageQuery } from './pages.ts'
import { Type } from './type.ts'
import { VerdictError } from './validations.ts'

const Total = Type.Integer({ minimum: 0 })
const Totals = Type.Record(Type.String(), Total, { description: 'A map from names to counts.' })

const entry = {
  at: Time,
  last_at: Type.PublishAs(Type.String(), {
    ...Type.String({ format: 'date-time' }),
    description: 'The last of the identical validations that share this entry.',
  }),
  count: Type.Count('The number of identical validations within one minute from `at`.'),
  valid: Type.Boolean(),
  error: Type.Nullable(Type.PublishAs(Type.String(), VerdictError)),
  domain: Type.Nullable(Type.String()),
  fingerprint: Type.Nullable(Type.String()),
  country: Type.Nullable(Type.Described('ISO 3166-1 alpha-2 code.')),
  address: Type.Nullable(Type.Described('The IP address, stored as `LICET_IP_STORAGE` allows.')),
  version: Type.Nullable(Type.Described('The version of the app.')),
}

const exampleEntry = {
  at: '2026-03-06T12:34:56Z',
  last_at: '2026-03-06T12:35:20Z',
  count: 3,
  valid: false,
  error: 'DOMAIN_LIMIT_REACHED',
  domain: 'shop.example.com',
  fingerprint: null,
  country: 'DE',
  address: '203.0.113.0',
  version: '2.4.1',
}

export const UsageEntry = Type.Response(
  'UsageEntry',
  'A validation of a license, and its repetitions within one minute.',
  exampleEntry,
  entry,
)
export type UsageEntry = Static<typeof UsageEntry>

const range = Type.Optionals({
  from: {
    ...Timestamp,
    description: 'Start of the range (inclusive), an RFC 3339 time such as 2026-03-06T00:00:00Z.',
  },
  to: {
    ...Timestamp,
    description: 'End of the range (exclusive), an RFC 3339 time such as 2026-03-07T00:00:00Z.',
  },
})

export const LicenseUsageQuery = Type.Query({ ...range, ...pageQuery })

const exampleSummary = {
  valid: 1247,
  refused: 3,
  by_error: { DOMAIN_LIMIT_REACHED: 3 },
  countries: { DE: 1200, AT: 50 },
  domains: 2,
  devices: 1,
}

export const LicenseUsageSummary = Type.Response(
  'LicenseUsageSummary',
  'Totals of a license over the whole days of the range.',
  exampleSummary,
  {
    valid: Total,
    refused: Total,
    by_error: Totals,
    countries: Totals,
    domains: Type.Count('The number of activated domains with validations.'),
    devices: Type.Count(
      'The number of devices with valid validations, as far back as individual validations are stored.',
    ),
  },
)
export type LicenseUsageSummary = Static<typeof LicenseUsageSummary>

export const LicenseUsage = Type.Response(
  'LicenseUsagePage',
  'One page of the stored validations, and the totals of the range.',
  { data: [exampleEntry], summary: exampleSummary, next_cursor: null },
  { ...pageOf(UsageEntry).properties, summary: LicenseUsageSummary },
)

const Interval = Type.Literals(['hour', 'day'], { title: 'UsageInterval' })
const interval = Type.Optional({
  ...Interval,
  description: 'The period of each count: an `hour` or a `day`, which is the default.',
})

/** Restricts the server's totals to one product or plan. */
const part = Type.Optionals({
  product: Type.Text(64, 'Slug of a product.'),
  plan: Type.Text(64, 'Slug of a plan.'),
})

export const LicenseSeriesQuery = Type.Query({ interval, ...range })
export const SeriesQuery = Type.Query({ interval, ...range, ...part })
export type SeriesQuery = Static<typeof SeriesQuery>

export const UsageSeries = Type.Response(
  'UsageSeries',
  'One count per hour or day, including those without validations.',
  { interval: 'day', data: [{ start: '2026-03-06T00:00:00Z', valid: 1247, refused: 3 }] },
  {
    interval: Interval,
    data: Type.Array(
      Type.Object({ start: Time, valid: Total, refused: Total }, { title: 'UsageCount' }),
    ),
  },
)
export type UsageSeries = Static<typeof UsageSeries>

export const SummaryQuery = Type.Query({ ...range, ...part })

const breakdowns = { by_error: Totals, countries: Totals, products: Totals, plans: Totals }

export const UsageSummary = Type.Response(
  'UsageSummary',
  'Totals over the whole days of the range; countries, errors, products and plans only for the whole server.',
  {
    valid: 1_214_003,
    refused: 5210,
    by_error: { LICENSE_EXPIRED: 4100, DOMAIN_LIMIT_REACHED: 1110 },
    countries: { DE: 700_000, US: 400_000 },
    products: { default: 1_219_213 },
    plans: { professional: 900_000, starter: 319_213 },
  },
  { valid: Total, refused: Total, ...Type.Optionals(breakdowns) },
)
export type UsageSummary = Static<typeof UsageSummary>

export const ExportQuery = Type.Query({
  ...range,
  format: Type.Optional(
    Type.Literals(['csv', 'ndjson'], { description: '`csv` or `ndjson`; `csv` by default.' }),
  ),
})

const { at, last_at, count, ...rest } = entry

/** One line of an export, whose columns have this order. */
export const ExportedEntry = Type.Object(
  { at, license_id: Type.String(), ...rest, last_at, count },
  { title: 'ExportedEntry', description: 'A validation with the ID of its license.' },
)
export type ExportedEntry = Static<typeof ExportedEntry>

/** `files` holds an example of each format by its media type. */
export const Export = Type.String({
  description:
    'One line per stored validation and its repetitions within one minute, day by day. In CSV (RFC 4180), a value that a spreadsheet ' +
    'would read as a formula is prefixed with an apostrophe; NDJSON contains every value unchanged.',
  files: {
    'text/csv':
      'at,license_id,valid,error,domain,fingerprint,country,address,version,last_at,count\r\n2026-03-06T12:34:56Z,lic_01jg3m8v5mf1x8yq1r5c2w7h3k,true,,example.com,,DE,203.0.113.0,2.4.1,2026-03-06T12:35:20Z,3\r\n',
    'application/x-ndjson':
      '{"at":"2026-03-06T12:34:56Z","license_id":"lic_01jg3m8v5mf1x8yq1r5c2w7h3k","valid":true,"error":null,"domain":"example.com","fingerprint":null,"country":"DE","address":"203.0.113.0","version":"2.4.1","last_at":"2026-03-06T12:35:20Z","count":3}\n',
  },
})

export function presentUsageEntry(entry: domain.UsageEntry): UsageEntry {
  const { license_id: _known, ...view } = presentExportedEntry(entry)
  return view
}

export function presentExportedEntry(entry: domain.UsageEntry): ExportedEntry {
  return {
    at: toTimestamp(entry.atMs),
    license_id: entry.licenseId,
    valid: entry.error === null,
    error: entry.error,
    domain: entry.domain,
    fingerprint: entry.fingerprint,
    country: entry.country,
    address: entry.address,
    version: entry.version,
    last_at: toTimestamp(entry.lastAtMs),
    count: entry.count,
  }
}

export function presentLicenseUsageSummary(
  summary: CountSummary,
  devices: number,
): LicenseUsageSummary {
  const { valid, refused, byError, countries, domains } = summary
  return { valid, refused, by_error: byError, countries, domains, devices }
}

export function presentUsageSummary(summary: CountSummary): UsageSummary {
  const { valid, refused, byError, countries, products, plans } = summary
  return { valid, refused, by_error: byError, countries, products, plans }
}

export function presentUsageSeries(
  interval: domain.Interval,
  counts: readonly BucketCount[],
): UsageSeries {
  const data = counts.map(({ bucket, valid, refused }) => ({
    start: toTimestamp(getBucketStart(bucket, interval)),
    valid,
    refused,
  }))
  return { interval, data }
}
