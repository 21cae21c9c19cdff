import { pickLatest } from '~/domain/times.ts'
import { getBucket } from '~/domain/usage.ts'
import type { CopiedRows } from './copy.ts'
import type { ParsedAddition } from './plan.ts'

type NumberOf = (licenseId: string) => number

interface Delta {
  readonly license: number
  readonly day: number
  readonly error: string | null
  readonly country: string | null
  readonly domain: string | null
  count: number
  lastAtMs: number | null
  lateAtMs: number | null
}

interface Total {
  readonly hour: number
  readonly error: string | null
  readonly country: string | null
  readonly product: string
  readonly plan: string
  count: number
}

/** Returns the rows that add a batch to the rollups and counters of its licenses, one per license or few. */
export function buildDeltas(additions: readonly ParsedAddition[], numberOf: NumberOf): CopiedRows {
  const deltas = new Map<string, Delta>()
  for (const addition of additions) {
    const { error, country, activatedDomain: domain, licenseId, atMs } = addition.record
    const [license, day] = [numberOf(licenseId), getBucket(atMs, 'day')]
    const key = [license, day, error, country, domain].join('\n')
    const delta = deltas.getOrInsertComputed(key, () => {
      const counts = { count: 0, lastAtMs: null, lateAtMs: null }
      return { license, day, error, country, domain, ...counts }
    })
    delta.count += addition.count
    if (error === null) addTime(delta, addition)
  }
  return [...deltas.values()].map((delta) => [
    ...[delta.license, delta.day, delta.error, delta.country, delta.domain],
    ...[delta.count, delta.lastAtMs, delta.lateAtMs],
  ])
}

function addTime(delta: Delta, { isLate, lastAtMs }: ParsedAddition): void {
  if (isLate) delta.lateAtMs = Math.max(delta.lateAtMs ?? 0, lastAtMs)
  else delta.lastAtMs = pickLatest(delta.lastAtMs ?? lastAtMs, lastAtMs)
}

/** Returns the rows that add a batch to the rollups of all licenses. */
export function buildTotals(additions: readonly ParsedAddition[]): CopiedRows {
  const totals = new Map<string, Total>()
  for (const { record, count } of additions) {
    const { atMs, error, country, productSlug: product, planSlug: plan } = record
    const hour = getBucket(atMs, 'hour')
    const key = [hour, error, country, product, plan].join('\n')
    const found = { hour, error, country, product, plan, count: 0 }
    totals.getOrInsertComputed(key, () => found).count += count
  }
  return [...totals.values()].map((total) => [
    ...[total.hour, total.error, total.country, total.product, total.plan, total.count],
  ])
}
