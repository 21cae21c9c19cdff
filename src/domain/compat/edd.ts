import type { Place } from '../activations.ts'
import { parseHostname } from '../hostnames.ts'
import { type LicenseSnapshot, resolveEntitlements } from '../licenses.ts'
import type { Plan } from '../plans.ts'
import { domainInvalid, type Refusal } from '../verdicts.ts'
import { readSourceValue } from './source-values.ts'

const FINGERPRINT_MAX = 255

/**
 * Returns the place that a `url` names: a domain or, because apps may send any text, such as the ID of
 * a computer, a device. Null for no text. See the note on desktop software in
 * https://easydigitaldownloads.com/docs/software-licensing-api/
 */
export function parsePlace(url: string): Place | null {
  const hostname = parseHostname(url)
  if (hostname !== null) return { kind: 'domain', hostname }
  const text = url.trim().replace(/\/$/, '').slice(0, FINGERPRINT_MAX)
  return text === '' ? null : { kind: 'device', fingerprint: text }
}

/**
 * Returns why a license cannot be activated at a place. A license that limits domains but not devices
 * is for websites, so that no site gets around the limit by sending a text that is no domain.
 */
export function findPlaceRefusal({ license, plan }: LicenseSnapshot, place: Place): Refusal | null {
  const { maxDomains, maxDevices } = resolveEntitlements(license, plan)
  const isForSites = maxDomains !== null && maxDevices === null
  return place.kind === 'device' && isForSites ? domainInvalid : null
}

/** Returns the site in the user agent of WordPress, `WordPress/6.7; https://example.com`; or ''. */
export const readUserAgentUrl = (userAgent: string): string => userAgent.split(';')[1]?.trim() ?? ''

/** The product that an app names, by its ID or by its name. */
export interface EddItem {
  readonly id: number | null
  readonly name: string
}

export type ItemFlaw = 'invalid_item_id' | 'item_name_mismatch'

/**
 * Returns why a license is not for the product that the app names; null if it is. Without an identifier
 * on the license or its plan, any product matches, because nothing is known about it.
 */
export function findItemFlaw(snapshot: LicenseSnapshot, { id, name }: EddItem): ItemFlaw | null {
  const ownId = readSourceValue(snapshot, 'edd_item_id')
  if (id !== null) {
    return ownId === null || String(ownId) === String(id) ? null : 'invalid_item_id'
  }
  const ownName = readSourceValue(snapshot, 'edd_item_name')
  if (name === '') return ownName === null && ownId === null ? null : 'item_name_mismatch'
  return ownName === null || fold(String(ownName)) === fold(name) ? null : 'item_name_mismatch'
}

/** Whether a plan is for the product that an app names. */
export function namesItem({ features }: Pick<Plan, 'features'>, { id, name }: EddItem): boolean {
  const { edd_item_id: ownId, edd_item_name: ownName } = features
  if (id !== null) return ownId !== undefined && String(ownId) === String(id)
  return ownName !== undefined && fold(String(ownName)) === fold(name)
}

/** Names are compared as slugs, because plugins send them in many encodings. */
const fold = (name: string) =>
  name
    .replaceAll(/&#?\w+;/g, ' ')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-|-$/g, '')
