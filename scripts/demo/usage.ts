import { DAY_MS, HOUR_MS } from '~/domain/times.ts'
import type { ValidationRecord } from '~/domain/usage.ts'
import type { Random } from './random.ts'
import type { SoldLicense } from './sales.ts'
import type { DemoServer } from './server.ts'

const VERSIONS = { '4.2.0': 2, '4.3.1': 5, '5.0.0': 6 }
/** Between apps that start once a day, and sites that ask with every visit. */
const PER_DAY_MAX = 40
/** One in this many validations is made on a place that finds no room. */
const CROWDED_EACH = 20
const ABROAD_EACH = 60
/** One in this many refused calls is made. */
const GIVING_UP = 5
const ABROAD = ['US', 'AT', 'PT', 'TH', 'AE', 'MT', 'IE', 'CZ']

interface Period {
  readonly days: number
  readonly endsAtMs: number
}

/** Records the validations of the last days, with less on weekends and at night. */
export async function recordUsage(
  { deps }: DemoServer,
  random: Random,
  licenses: readonly SoldLicense[],
  { days, endsAtMs }: Period,
): Promise<void> {
  const used = licenses.filter(({ isUsed }) => isUsed)
  const perDay = new Map(
    used.map(({ id, plan }) => [id, 1 + random.below(plan.place === 'domain' ? PER_DAY_MAX : 8)]),
  )
  for (let day = days; day >= 0; day -= 1) {
    const startMs = Math.floor(endsAtMs / DAY_MS - day) * DAY_MS
    const isWeekend = [0, 6].includes(new Date(startMs).getUTCDay())
    for (const license of used) {
      const count = Math.round(
        (perDay.get(license.id) ?? 0) * (isWeekend ? 0.55 : 1) * (0.6 + random.below(80) / 100),
      )
      for (let number = 0; number < count; number += 1) {
        const atMs = startMs + chooseHour(random) * HOUR_MS + random.below(HOUR_MS)
        const record = validateAt(random, license, atMs)
        if (atMs < license.startsAtMs || atMs >= endsAtMs) continue
        // Most people stop to try what does not work any more.
        if (record.error === null || random.below(GIVING_UP) === 0) deps.usage.record(record)
      }
    }
    await deps.usage.flush()
  }
}

/** The middle of the day is more likely than the night. */
const chooseHour = (random: Random) =>
  Math.floor((random.below(24) + random.below(24) + 4) / 2) % 24

function validateAt(random: Random, license: SoldLicense, atMs: number): ValidationRecord {
  const { id, plan, customer, places } = license
  const error = findError(random, license, atMs)
  const place = random.pick(places)
  const isElsewhere = error === 'DOMAIN_LIMIT_REACHED' || error === 'DEVICE_LIMIT_REACHED'
  const shown = isElsewhere ? `other-${random.below(5)}.${customer.domain}` : place
  const isDomain = plan.place === 'domain'
  return {
    licenseId: id,
    planSlug: plan.slug,
    productSlug: plan.product,
    atMs,
    error,
    domain: isDomain ? shown : null,
    fingerprint: isDomain ? null : shown,
    country: random.below(ABROAD_EACH) === 0 ? random.pick(ABROAD) : customer.country,
    address: customer.address.replace(/\d+$/, '0'),
    version: random.pickWeighted(VERSIONS),
    activatedDomain: isDomain && error === null ? place : null,
    sharing: null,
  }
}

function findError(random: Random, license: SoldLicense, atMs: number): ValidationRecord['error'] {
  const refusal = license.refusals.find(({ fromMs, untilMs }) => atMs >= fromMs && atMs < untilMs)
  if (refusal !== undefined) return refusal.error
  if (atMs >= license.expiresAtMs) return 'LICENSE_EXPIRED'
  if (random.below(CROWDED_EACH) > 0) return null
  return license.plan.place === 'domain' ? 'DOMAIN_LIMIT_REACHED' : 'DEVICE_LIMIT_REACHED'
}
