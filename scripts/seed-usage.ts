import { DAY_MS } from '~/domain/times.ts'
import type { ValidationRecord } from '~/domain/usage.ts'
import { openUsageFile } from '~/usage/file.ts'
import { formatRecord } from '~/usage/records.ts'

/** Validations per transaction. */
const BATCH_SIZE = 20_000
const COUNTRIES = ['DE', 'US', 'FR', 'GB', 'AT', 'CH', 'JP', 'IN', 'BR', 'CA']
const VERSIONS = ['2.3.0', '2.4.0', '2.4.1', '3.0.0']
/** One in this many is refused, or comes from another country. */
const REFUSED_EACH = 25
const ABROAD_EACH = 20

export interface SeededLicense {
  readonly id: string
  readonly plan: string
}

export interface Amount {
  readonly validations: number
  readonly days: number
  /** The end of the last day. */
  readonly endsAtMs: number
}

/** Writes validations day by day, with the code that a server uses. */
export function writeUsage(
  directory: string,
  licenses: readonly SeededLicense[],
  { validations, days, endsAtMs }: Amount,
): void {
  const file = openUsageFile(directory, { isLocked: true })
  const perDay = Math.ceil(validations / days)
  let number = 0
  for (let day = 0; day < days; day += 1) {
    const startMs = endsAtMs - (days - day) * DAY_MS
    for (let written = 0; written < perDay; written += BATCH_SIZE) {
      const size = Math.min(BATCH_SIZE, perDay - written)
      const singles = Array.from({ length: size }, () => validationOn(startMs, licenses))
      number += 1
      file.write(number, singles.map(formatRecord).join('\n'))
      file.foldDue()
    }
  }
  file.close()
}

function validationOn(startMs: number, licenses: readonly SeededLicense[]): ValidationRecord {
  const index = randomBelow(licenses.length)
  const { id, plan } = licenses[index] ?? { id: '', plan: '' }
  const isRefused = randomBelow(REFUSED_EACH) === 0
  const domain = `shop${index}-${randomBelow(isRefused ? 1000 : 2)}.com`
  const isAbroad = randomBelow(ABROAD_EACH) === 0
  return {
    licenseId: id,
    planSlug: plan,
    productSlug: 'default',
    atMs: startMs + randomBelow(DAY_MS),
    error: isRefused ? 'DOMAIN_LIMIT_REACHED' : null,
    domain,
    fingerprint: `machine-${index}-${randomBelow(3)}`,
    country: pick(COUNTRIES, isAbroad ? randomBelow(COUNTRIES.length) : index),
    address: `203.0.${index % 256}.0`,
    version: pick(VERSIONS, index),
    activatedDomain: isRefused ? null : domain,
    sharing: null,
  }
}

function randomBelow(limit: number): number {
  return Math.floor(Math.random() * limit)
}

function pick(names: readonly string[], index: number): string {
  return names[index % names.length] ?? ''
}
