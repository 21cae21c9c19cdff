import type { Deps } from '~/deps.ts'
import type { LicenseRecord } from '~/domain/licenses.ts'
import { type License, presentLicense, presentMaskedLicense } from '~/wire/licenses.ts'

export type Present = (record: LicenseRecord) => License

/** Returns a function that presents licenses with their full keys, or masks these. */
export function createPresent({ vault, clock }: Deps, isRevealed = false): Present {
  const nowMs = clock.nowMs()
  return (record) =>
    isRevealed
      ? presentLicense(record, vault.open('license-key', record.license.keySealed), nowMs)
      : presentMaskedLicense(record, nowMs)
}

/** Returns the rows of a table of licenses, each with the reason why it is listed. */
export function listRows(licenses: readonly { license: License; why: string }[]) {
  const rows = licenses.map(({ license, why }) => [
    license.id,
    license.key,
    license.status,
    license.plan,
    license.customer_email ?? 'none',
    formatEnd(license),
    why,
  ])
  return [['ID', 'KEY', 'STATUS', 'PLAN', 'CUSTOMER', 'EXPIRES', 'MATCHES'], ...rows]
}

/** Returns the rows that show one license: a label and a value each. */
export function listFacts(license: License): readonly (readonly string[])[] {
  const { suspended_at: suspendedAt, suspension_reason: reason } = license
  const rows: readonly (readonly [label: string, value: string | null])[] = [
    ['Id', license.id],
    ['Key', license.key],
    ['Status', license.status],
    ['Product', license.product],
    ['Plan', license.plan],
    ['Customer', license.customer_email ?? 'none'],
    ['Name', license.customer_name],
    ['Reference', license.external_ref],
    ['Purchase', formatPurchase(license)],
    ['Created', license.created_at],
    ['Expires', formatEnd(license)],
    ['Suspended', suspendedAt && (reason === null ? suspendedAt : `${suspendedAt} (${reason})`)],
    ['Revoked', license.revoked_at],
    ['Domains', formatUse(license.domains_count, license.max_domains, license.domains)],
    ['Devices', formatUse(license.devices, license.max_devices)],
    ['Seats', license.max_seats === null ? 'no limit' : `at most ${license.max_seats}`],
    ['Features', formatMap(license.features)],
    ['Metadata', formatMap(license.metadata)],
    ['Overrides', license.overrides.join(', ') || null],
    [
      'Validated',
      `${license.validation_count} times, last ${license.last_validated_at ?? 'never'}`,
    ],
  ]
  return rows.flatMap(([label, value]) => (value === null ? [] : [[label, value]]))
}

function formatPurchase({ purchase }: License): string | null {
  if (purchase === null) return null
  const { provider, mode, reference, item } = purchase
  return `${provider} ${reference}, item ${item}${mode === 'test' ? ' (test mode)' : ''}`
}

function formatEnd({ expires_at: expiresAt, starts_on: startsOn }: License): string {
  return expiresAt ?? (startsOn === undefined ? 'never' : 'after first validation')
}

function formatUse(used: number, max: number | null, names: readonly string[] = []): string {
  const counts = max === null ? `${used}, no limit` : `${used} of ${max}`
  return names.length === 0 ? counts : `${counts}: ${names.join(', ')}`
}

function formatMap(map: Readonly<Record<string, unknown>>): string | null {
  const entries = Object.entries(map).map(([name, value]) => `${name}=${value}`)
  return entries.join(', ') || null
}
