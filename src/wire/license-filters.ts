import type { Static } from '@sinclair/typebox'
import { parseHostname } from '~/domain/hostnames.ts'
import type * as domain from '~/domain/licenses.ts'
import { parseTimestamp } from '~/domain/times.ts'
import { omitUndefined, parseEmail, Timestamp } from './fields.ts'
import { LicenseStatus } from './licenses.ts'
import { pageQuery } from './pages.ts'
import { buildText } from './text.ts'
import { Type } from './type.ts'

/** Returns the schema of a time that filters by `meaning`. */
const describeTime = (meaning: string) => ({
  ...Timestamp,
  description: `${meaning} this RFC 3339 time, such as 2027-03-06T00:00:00Z.`,
})

/** The conditions of a list of licenses, all of which must hold. */
export const licenseFilters = Type.Optionals({
  status: LicenseStatus,
  plan: Type.Text(64, 'Slug of a plan.'),
  product: Type.Text(64, 'Slug of a product.'),
  customer_email: Type.Text(254, 'The full email address of a customer.'),
  domain: Type.Text(1000, 'An activated domain.'),
  external_ref: Type.Text(255, 'Your own reference to the license.'),
  expires_before: describeTime('Expires before'),
  expires_after: describeTime('Expires after'),
  created_after: describeTime('Created after'),
  q: buildText('Identifier', {
    minLength: 1,
    maxLength: 254,
    description:
      'The start of an email address or name, a full ID, or the last four characters of a key. Case and accents do not matter.',
  }),
})

export const LicenseFilter = Type.Object(licenseFilters, {
  title: 'LicenseFilter',
  additionalProperties: false,
})
export type LicenseFilter = Static<typeof LicenseFilter>

export const ListLicensesQuery = Type.Query({ ...licenseFilters, ...pageQuery })

/** `at` locates the filter in error pointers: `?` for a query, `/filter/` for a body. */
export function parseLicenseFilter(
  filter: LicenseFilter,
  at: string,
  nowMs: number,
): domain.LicenseFilter {
  const parseTime = (name: 'expires_before' | 'expires_after' | 'created_after') => {
    const text = filter[name]
    return text === undefined ? undefined : parseTimestamp(text, `${at}${name}`)
  }
  return omitUndefined({
    status: filter.status && { is: filter.status, atMs: nowMs },
    planSlug: filter.plan,
    productSlug: filter.product,
    customerEmail: filter.customer_email && parseEmail(filter.customer_email),
    domain: filter.domain === undefined ? undefined : (parseHostname(filter.domain)?.host ?? ''),
    externalRef: filter.external_ref?.trim(),
    expiresBeforeMs: parseTime('expires_before'),
    expiresAfterMs: parseTime('expires_after'),
    createdAfterMs: parseTime('created_after'),
    search: filter.q,
  })
}
