import { DAY_MS } from '~/domain/times.ts'
import type { ValidationRecord } from '~/domain/usage.ts'
import type { Site } from './site.ts'

/** Records validations of a new license, by default valid ones of today. Returns the license. */
export async function recordValidations(
  site: Pick<Site, 'deps' | 'createLicense' | 'clock'>,
  records: readonly (Partial<ValidationRecord> & { readonly daysAgo?: number })[],
) {
  const license = await site.createLicense()
  for (const { daysAgo = 0, ...given } of records) {
    site.deps.usage.record({
      licenseId: license.id,
      planSlug: license.plan,
      productSlug: 'default',
      atMs: site.clock.nowMs() - daysAgo * DAY_MS,
      error: null,
      domain: null,
      fingerprint: null,
      country: null,
      address: null,
      version: null,
      activatedDomain: null,
      sharing: null,
      ...given,
    })
  }
  return license
}
