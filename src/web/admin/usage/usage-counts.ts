import type { SeriesQuery, UsageSeries, UsageSummary } from '~/wire/usage.ts'
import { api, call } from '../../shared/api.ts'
import type { Interval } from '../../shared/periods.ts'

/** The validations of each hour or day. */
export interface ValidationSeries {
  readonly interval: Interval
  /** The start of each period, in milliseconds since 1970. */
  readonly starts: readonly number[]
  readonly valid: readonly number[]
  readonly refused: readonly number[]
}

/** Loads a series up to now, because nothing can be counted in hours that are still to come. */
export async function loadSeries(query: SeriesQuery): Promise<ValidationSeries> {
  const series: UsageSeries = await call(api.usage.series.get({ query }))
  const { interval } = series
  const data = series.data.filter(({ start }) => Date.parse(start) <= Date.now())
  return {
    interval,
    starts: data.map(({ start }) => Date.parse(start)),
    valid: data.map(({ valid }) => valid),
    refused: data.map(({ refused }) => refused),
  }
}

type Counts = Readonly<Record<string, number>>

/** Totals of a range. `parts` is null for a product or plan, which is not broken down further. */
export interface ValidationTotals {
  readonly valid: number
  readonly refused: number
  readonly parts: {
    readonly errors: Counts
    readonly countries: Counts
    readonly products: Counts
    readonly plans: Counts
    /** Validations from addresses without a known country. */
    readonly unknownCountry: number
  } | null
}

export async function loadTotals(query: Omit<SeriesQuery, 'interval'>): Promise<ValidationTotals> {
  const summary: UsageSummary = await call(api.usage.summary.get({ query }))
  const { valid, refused, by_error: errors, countries, products, plans } = summary
  if (!errors || !countries || !products || !plans) return { valid, refused, parts: null }
  const known = Object.values(countries).reduce((sum, count) => sum + count, 0)
  const unknownCountry = Math.max(0, valid + refused - known)
  return { valid, refused, parts: { errors, countries, products, plans, unknownCountry } }
}
