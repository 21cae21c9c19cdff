import { toHex, toUtf8 } from './bytes.ts'
import { SECONDS_MAX } from './claims.ts'
import { isObject, type JsonObject, parseObject } from './json.ts'
import { sha256 } from './sha256.ts'
import type { License } from './state.ts'
import type { Subject } from './subjects.ts'

const NAME_HEX_DIGITS = 16

/** A server's unsigned `valid: true`. */
export interface ValidBody {
  readonly valid: true
  readonly license: License
  readonly warnings: readonly string[]
}

/** The memory of an app about one license. Times are whole seconds since 1970. */
export interface LicenseRecord {
  readonly v: 1
  /** The latest lease: a compact JWS. */
  readonly lease: string | null
  /** The imported license file: a compact JWS. */
  readonly file: string | null
  /** The last valid answer that was not signed. Only kept if no keys are pinned. */
  readonly answer: { readonly at: number; readonly verdict: ValidBody } | null
  /** A server's refusal. It decides until a server says otherwise or a newer file is imported. */
  readonly tombstone: {
    readonly code: string
    readonly message: string
    readonly at: number
  } | null
  /** The time cannot be earlier than this. */
  readonly floor: number
  readonly feed: Feed | null
}

/** The revocation feed as far as it was imported. */
export interface Feed {
  readonly to: number
  readonly revoked: Readonly<Record<string, number>>
  readonly keys: Readonly<Record<string, number>>
}

export const emptyRecord: LicenseRecord = {
  v: 1,
  lease: null,
  file: null,
  answer: null,
  tombstone: null,
  floor: 0,
  feed: null,
}

/** Returns the name under which the record of a license is stored. */
export function nameRecord({ key, product, fingerprint, domain }: Subject): string {
  const text = [key ?? '', product ?? '', fingerprint ?? '', domain ?? ''].join('\n')
  return `licet-${toHex(sha256(toUtf8(text))).slice(0, NAME_HEX_DIGITS)}`
}

/** Reads a stored record. Each part that is damaged counts as missing. */
export function parseRecord(text: string | null): LicenseRecord {
  const stored = text === null ? null : parseObject(text)
  if (stored?.v !== 1) return emptyRecord
  const { lease, file, answer, tombstone, floor, feed } = stored
  return {
    v: 1,
    lease: typeof lease === 'string' ? lease : null,
    file: typeof file === 'string' ? file : null,
    answer: isAnswer(answer) ? answer : null,
    tombstone: isTombstone(tombstone) ? tombstone : null,
    floor: isSeconds(floor) ? floor : 0,
    feed: isFeed(feed) ? feed : null,
  }
}

/** Returns the members that we know of a response that says valid; null if it is not one. */
export function parseValidBody(value: unknown): ValidBody | null {
  if (!isObject(value)) return null
  const { valid, license, warnings } = value
  if (valid !== true || !isLicense(license) || !isTexts(warnings)) return null
  const { id, plan, features, expiresAt } = license
  return { valid, license: { id, plan, features, expiresAt }, warnings }
}

function isLicense(value: unknown): value is License {
  if (!isObject(value)) return false
  const { id, plan, features, expiresAt } = value
  const isEnd = expiresAt === null || !Number.isNaN(Date.parse(String(expiresAt)))
  return typeof id === 'string' && typeof plan === 'string' && isObject(features) && isEnd
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string')

const isSeconds = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= SECONDS_MAX

function isAnswer(value: unknown): value is NonNullable<LicenseRecord['answer']> {
  return isObject(value) && isSeconds(value.at) && parseValidBody(value.verdict) !== null
}

function isTombstone(value: unknown): value is NonNullable<LicenseRecord['tombstone']> {
  return (
    isObject(value) &&
    typeof value.code === 'string' &&
    typeof value.message === 'string' &&
    isSeconds(value.at)
  )
}

function isFeed(value: unknown): value is Feed {
  const isTimes = (times: unknown): times is JsonObject =>
    isObject(times) && Object.values(times).every(isSeconds)
  return (
    isObject(value) &&
    Number.isSafeInteger(value.to) &&
    isTimes(value.revoked) &&
    isTimes(value.keys)
  )
}
