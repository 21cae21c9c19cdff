import type { Interval } from '../../shared/periods.ts'

const DAY_MS = 86_400_000
/** A longer range is drawn by day, because hours would be too many to tell apart. */
const HOURLY_DAYS_MAX = 2

/** The ranges to choose from, which end today. */
export const presets = [
  { name: 'today', label: 'Today', days: 1 },
  { name: '7d', label: 'Last 7 days', days: 7 },
  { name: '30d', label: 'Last 30 days', days: 30 },
  { name: '90d', label: 'Last 90 days', days: 90 },
  { name: '365d', label: 'Last 365 days', days: 365 },
] as const

const DEFAULT_DAYS = 30

/** Whole days of UTC, such as `2026-03-06`. Both are included. */
export interface DayRange {
  readonly first: string
  readonly last: string
}

/** The range of the page, as its address says it. */
export interface Range extends DayRange {
  /** The name of a preset, or `custom`. */
  readonly name: string
  readonly interval: Interval
}

/** Reads `?range=7d`, or `?from=2026-03-01&to=2026-03-06`. Everything else is the last 30 days. */
export function readRange(values: Readonly<Record<string, string>>, nowMs: number): Range {
  const { range, from = '', to = '' } = values
  if (isDay(from) && isDay(to)) {
    const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1
    return { name: 'custom', first: from, last: to, interval: pickInterval(days) }
  }
  const preset = presets.find(({ name }) => name === range)
  const days = preset?.days ?? DEFAULT_DAYS
  return {
    name: preset?.name ?? `${DEFAULT_DAYS}d`,
    first: toDay(nowMs - (days - 1) * DAY_MS),
    last: toDay(nowMs),
    interval: pickInterval(days),
  }
}

/** Returns the range as the API takes it, up to the end of its last day. */
export function toQuery({ first, last }: DayRange): { from: string; to: string } {
  const end = toDay(Date.parse(last) + DAY_MS)
  return { from: `${first}T00:00:00Z`, to: `${end}T00:00:00Z` }
}

const pickInterval = (days: number): Interval => (days <= HOURLY_DAYS_MAX ? 'hour' : 'day')

const toDay = (timeMs: number) => new Date(timeMs).toISOString().slice(0, 10)

function isDay(text: string): boolean {
  const timeMs = Date.parse(text)
  return !Number.isNaN(timeMs) && toDay(timeMs) === text
}
