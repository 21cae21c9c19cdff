import { type Static, Type } from '@sinclair/typebox'
import { toTimestamp } from '~/domain/times.ts'
import type * as domain from '~/domain/usage.ts'
import { type BucketCount, type Interval, startOf, type UsageFigures } from '~/domain/usage.ts'
import { literals, nullable, Timestamp } from './fields.ts'
import { pageOf, pageQuery } from './pages.ts'

const Total = Type.Integer({ minimum: 0 })
const Totals = Type.Record(Type.String(), Total, { description: 'Names with how many of each.' })

const entry = {
  at: Type.String(),
  valid: Type.Boolean(),
  error: nullable(Type.String()),
  domain: nullable(Type.String()),
  fingerprint: nullable(Type.String()),
  country: nullable(Type.String({ description: 'ISO 3166-1, two letters.' })),
  address: nullable(Type.String({ description: 'As `LICET_IP_STORAGE` lets it be kept.' })),
  version: nullable(Type.String({ description: 'Of the app.' })),
}

export const UsageEntry = Type.Object(entry, {
  title: 'UsageEntry',
  examples: [
    {
      at: '2026-03-06T12:34:56Z',
      valid: false,
      error: 'DOMAIN_LIMIT_REACHED',
      domain: 'shop.example.com',
      fingerprint: null,
      country: 'DE',
      address: '203.0.113.0',
      version: '2.4.1',
    },
  ],
})
export type UsageEntry = Static<typeof UsageEntry>

const range = {
  from: Type.Optional({
    ...Timestamp,
    description: 'An RFC 3339 time such as 2026-03-06T00:00:00Z, which is included.',
  }),
  to: Type.Optional({
    ...Timestamp,
    description: 'An RFC 3339 time such as 2026-03-07T00:00:00Z, which is not included.',
  }),
}

export const LicenseUsageQuery = Type.Object(
  { ...range, ...pageQuery },
  { additionalProperties: false },
)

export const LicenseUsageSummary = Type.Object(
  {
    valid: Total,
    refused: Total,
    by_error: Totals,
    countries: Totals,
    domains: Type.Integer({ description: 'How many activated ones it was used on.' }),
    devices: Type.Integer({
      description: 'On how many it was valid, as far back as single validations are kept.',
    }),
  },
  {
    examples: [
      {
        valid: 1247,
        refused: 3,
        by_error: { DOMAIN_LIMIT_REACHED: 3 },
        countries: { DE: 1200, AT: 50 },
        domains: 2,
        devices: 1,
      },
    ],
  },
)
export type LicenseUsageSummary = Static<typeof LicenseUsageSummary>

const page = pageOf(UsageEntry)

export const LicenseUsage = Type.Object(
  { ...page.properties, summary: LicenseUsageSummary },
  {
    description: 'A page of what is kept, and the sums of the whole days that it is asked of.',
    examples: [
      { data: UsageEntry.examples, summary: LicenseUsageSummary.examples?.[0], next_cursor: null },
    ],
  },
)

const interval = Type.Optional(
  literals(['hour', 'day'], { description: 'What each entry counts; `day` when omitted.' }),
)

/** The server's figures, or those of one product or plan. */
const part = {
  product: Type.Optional(Type.String({ maxLength: 64, description: 'Slug of a product.' })),
  plan: Type.Optional(Type.String({ maxLength: 64, description: 'Slug of a plan.' })),
}

export const LicenseSeriesQuery = Type.Object(
  { interval, ...range },
  { additionalProperties: false },
)
export const SeriesQuery = Type.Object(
  { interval, ...range, ...part },
  { additionalProperties: false },
)
export type SeriesQuery = Static<typeof SeriesQuery>

export const UsageSeries = Type.Object(
  {
    interval: literals(['hour', 'day']),
    data: Type.Array(Type.Object({ start: Type.String(), valid: Total, refused: Total })),
  },
  {
    title: 'UsageSeries',
    description: 'One entry for each hour or day, where nothing happened too.',
    examples: [
      { interval: 'day', data: [{ start: '2026-03-06T00:00:00Z', valid: 1247, refused: 3 }] },
    ],
  },
)
export type UsageSeries = Static<typeof UsageSeries>

export const SummaryQuery = Type.Object({ ...range, ...part }, { additionalProperties: false })

const breakdowns = { by_error: Totals, countries: Totals, products: Totals, plans: Totals }

export const UsageSummary = Type.Object(
  {
    valid: Total,
    refused: Total,
    ...Type.Partial(Type.Object(breakdowns)).properties,
  },
  {
    title: 'UsageSummary',
    description: 'The sums of these days; of a product or plan the totals only.',
    examples: [
      {
        valid: 1_214_003,
        refused: 5210,
        by_error: { LICENSE_EXPIRED: 4100, DOMAIN_LIMIT_REACHED: 1110 },
        countries: { DE: 700_000, US: 400_000 },
        products: { default: 1_219_213 },
        plans: { professional: 900_000, starter: 319_213 },
      },
    ],
  },
)
export type UsageSummary = Static<typeof UsageSummary>

export const ExportQuery = Type.Object(
  {
    ...range,
    format: Type.Optional(literals(['csv', 'ndjson'], { description: '`csv` when omitted.' })),
  },
  { additionalProperties: false },
)

/** A line of an export. */
export const ExportedEntry = Type.Object({
  at: entry.at,
  license_id: Type.String(),
  valid: entry.valid,
  error: entry.error,
  domain: entry.domain,
  fingerprint: entry.fingerprint,
  country: entry.country,
  address: entry.address,
  version: entry.version,
})
export type ExportedEntry = Static<typeof ExportedEntry>

/** `files`: an example of each format by its media type. */
export const Export = Type.String({
  description:
    'One line for each validation that is kept, day by day. In CSV (RFC 4180) a text that a ' +
    'spreadsheet would take for a formula has an apostrophe before it; NDJSON has every text as it is.',
  files: {
    'text/csv':
      'at,license_id,valid,error,domain,fingerprint,country,address,version\r\n2026-03-06T12:34:56Z,lic_01jg3m8v5mf1x8yq1r5c2w7h3k,true,,example.com,,DE,203.0.113.0,2.4.1\r\n',
    'application/x-ndjson':
      '{"at":"2026-03-06T12:34:56Z","license_id":"lic_01jg3m8v5mf1x8yq1r5c2w7h3k","valid":true,"error":null,"domain":"example.com","fingerprint":null,"country":"DE","address":"203.0.113.0","version":"2.4.1"}\n',
  },
})

export function presentUsageEntry(entry: domain.UsageEntry): UsageEntry {
  const { license_id: _known, ...view } = presentExportedEntry(entry)
  return view
}

export function presentExportedEntry({
  licenseId,
  atMs,
  error,
  ...rest
}: domain.UsageEntry): ExportedEntry {
  return { at: toTimestamp(atMs), license_id: licenseId, valid: error === null, error, ...rest }
}

export function presentLicenseUsageSummary(
  figures: UsageFigures,
  devices: number,
): LicenseUsageSummary {
  const { valid, refused, byError, countries, domains } = figures
  return { valid, refused, by_error: { ...byError }, countries: { ...countries }, domains, devices }
}

export function presentUsageSummary(figures: UsageFigures): UsageSummary {
  const { valid, refused, byError, countries, products, plans } = figures
  return {
    valid,
    refused,
    by_error: { ...byError },
    countries: { ...countries },
    products: { ...products },
    plans: { ...plans },
  }
}

export function presentUsageSeries(
  interval: Interval,
  counts: readonly BucketCount[],
): UsageSeries {
  const data = counts.map(({ bucket, valid, refused }) => ({
    start: toTimestamp(startOf(bucket, interval)),
    valid,
    refused,
  }))
  return { interval, data }
}
