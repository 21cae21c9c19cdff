import { readSourceValue } from '~/domain/compat/source-values.ts'
import type { LicenseRecord, LicenseSnapshot } from '~/domain/licenses.ts'

/** A license as the client API of a shop shows it. */
export interface ShopView {
  readonly record: LicenseRecord
  readonly productName: string
  /** The key as the app has sent it. */
  readonly key: string
  readonly nowMs: number
}

/** A response with a body in JSON. */
export interface ShopReply {
  readonly status: number
  readonly body: object
}

/** Returns an identifier of a shop as text; null if there is none. */
export function readSourceText(snapshot: LicenseSnapshot, name: string): string | null {
  const value = readSourceValue(snapshot, name)
  return value === null || value === '' ? null : String(value)
}

/** Returns an identifier of a shop as a number; null if there is none. */
export function readSourceNumber(snapshot: LicenseSnapshot, name: string): number | null {
  const number = Number(readSourceText(snapshot, name) ?? Number.NaN)
  return Number.isSafeInteger(number) ? number : null
}

/** Whether `name` is set to true or to false; `byDefault` if it is not set. */
export function readSourceFlag(snapshot: LicenseSnapshot, name: string, byDefault: boolean) {
  const text = readSourceText(snapshot, name)
  return text === null ? byDefault : text !== 'false' && text !== '0'
}

/** Returns when a license was sold, which an import has noted, or else when it was created. */
export function findSaleMs({ license }: LicenseRecord): number {
  const soldAtMs = Date.parse(String(license.metadata.purchased_at))
  return Number.isNaN(soldAtMs) ? license.createdAtMs : soldAtMs
}

/**
 * Returns a number of 1 to 2³¹ - 1 for a text, always the same, for APIs whose IDs are numbers. It is
 * the hash FNV-1a, so two texts may share a number.
 */
export function deriveNumber(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193)
  }
  return (hash >>> 1) | 1
}
