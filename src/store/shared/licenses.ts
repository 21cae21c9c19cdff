import type { License, LicenseTerms } from '~/domain/licenses.ts'
import type { LicensePurchase } from '~/domain/purchases.ts'

export const termsColumns = [
  'id',
  'keyHash',
  'planSlug',
  'productSlug',
  'overrides',
  'pendingDays',
  'termStartedAtMs',
  'expiresAtMs',
  'endsAtMs',
  'activatedAtMs',
  'suspendedAtMs',
  'revokedAtMs',
  'domainsUsed',
  'freeDomainsUsed',
  'devicesUsed',
  'limitNotices',
] as const satisfies readonly (keyof LicenseTerms)[]

export const purchaseColumns = [
  'provider',
  'mode',
  'purchaseRef',
  'itemRef',
  'number',
  'ruleId',
] as const satisfies readonly (keyof LicensePurchase)[]

/** A license with the columns that only serve the database. */
export interface StoredLicense extends License {
  readonly customerEmailFolded: string | null
  readonly customerNameFolded: string | null
  readonly eventSequence: number
  readonly validationCount: number
  readonly lastValidatedAtMs: number | null
}

export function toLicense(row: StoredLicense): License {
  const {
    customerEmailFolded: _email,
    customerNameFolded: _name,
    eventSequence: _sequence,
    validationCount: _count,
    lastValidatedAtMs: _last,
    ...license
  } = row
  return license
}
