import { type LicenseSnapshot, resolveEntitlements } from '../licenses.ts'

/**
 * Returns an identifier that apps of another product compare, such as `lemonsqueezy_product_id`: from
 * the metadata of a license, otherwise from its features, which a plan sets for all of its licenses.
 * Null if neither has it.
 */
export function readSourceValue(
  { license, plan }: LicenseSnapshot,
  name: string,
): string | number | boolean | null {
  return license.metadata[name] ?? resolveEntitlements(license, plan).features[name] ?? null
}
