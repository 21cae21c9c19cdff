import type { Decision } from '../decisions.ts'
import type { License, LicenseSnapshot } from '../licenses.ts'
import { readSourceValue } from './source-values.ts'

/** Where the number of uses is stored. An import sets it to what Gumroad has counted. */
const USES = 'gumroad_uses'

/** Returns how often apps have verified a license and asked for that to be counted. */
export function readUses({ metadata }: Pick<License, 'metadata'>): number {
  const uses = Number(metadata[USES] ?? 0)
  return Number.isSafeInteger(uses) && uses > 0 ? uses : 0
}

/** Counts a use. It is no change by the vendor, so it has no event and does not advance the version. */
export function decideUse({ license }: LicenseSnapshot): Decision<number> {
  const uses = readUses(license) + 1
  const metadata = { ...license.metadata, [USES]: uses }
  const change = { type: 'license.update', licenseId: license.id, set: { metadata } } as const
  return { result: uses, changes: [change], events: [] }
}

/** The product that an app names. Empty texts name none. */
export interface GumroadProduct {
  readonly id: string
  readonly permalink: string
}

/**
 * Whether a license is for the product that the app names; `id_required` if the app must name it by its
 * ID. Without an identifier of Gumroad on the license or its plan, the names of Licet are valid as
 * well, and so is any other, because nothing is known about it.
 */
export function matchProduct(
  snapshot: LicenseSnapshot,
  { id, permalink }: GumroadProduct,
): 'match' | 'other' | 'id_required' {
  const ownId = readSourceValue(snapshot, 'gumroad_product_id')
  const ownPermalink = readSourceValue(snapshot, 'gumroad_permalink')
  if (id !== '') return ownId === null || id === String(ownId) ? 'match' : 'other'
  if (permalink === '') return 'other'
  if (ownPermalink === null) return ownId === null ? 'match' : 'id_required'
  return permalink === String(ownPermalink) ? 'match' : 'other'
}
