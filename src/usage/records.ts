import type { ValidationRecord } from '~/domain/usage.ts'

/**
 * The text form of validations: a line for each, with its time, then its facts as a JSON array. Equal
 * validations have equal facts, so that they are counted without being parsed.
 */

type Facts = readonly [
  error: ValidationRecord['error'],
  licenseId: string,
  planSlug: string,
  productSlug: string,
  country: string | null,
  activatedDomain: string | null,
  domain: string | null,
  fingerprint: string | null,
  address: string | null,
  version: string | null,
  sharing: ValidationRecord['sharing'],
]

/** Formats a validation as a line without its line break. */
export function formatRecord(record: ValidationRecord): string {
  return record.atMs + formatFacts(record)
}

/** Formats everything about a validation except for its time. */
export function formatFacts(record: ValidationRecord): string {
  const { error, licenseId, planSlug, productSlug, country, activatedDomain, sharing } = record
  const { domain, fingerprint, address, version } = record
  const names = [error, licenseId, planSlug, productSlug, country, activatedDomain] as const
  const facts: Facts = [...names, domain, fingerprint, address, version, sharing]
  return JSON.stringify(facts)
}

/** Equal validations of an edge: the first at `atMs`, the last at `lastAtMs`. They may come late. */
export interface LateFacts {
  readonly atMs: number
  readonly lastAtMs: number
  readonly count: number
  readonly facts: string
}

/** Formats validations of an edge as a line without its line break. */
export function formatLate({ atMs, lastAtMs, count, facts }: LateFacts): string {
  return `${atMs}+${lastAtMs - atMs}*${count}${facts}`
}

/** Splits the text of some lines of `formatLate`. */
export function* splitLate(text: string): Generator<LateFacts> {
  if (text === '') return
  for (const line of text.split('\n')) {
    const end = line.indexOf('[')
    const [atMs = 0, lastMs = 0, count = 1] = line.slice(0, end).split(/[+*]/).map(Number)
    yield { atMs, lastAtMs: atMs + lastMs, count, facts: line.slice(end) }
  }
}

/** Splits the text of some lines into the time and the facts of each. */
export function* splitRecords(text: string): Generator<readonly [atMs: number, facts: string]> {
  if (text === '') return
  for (const line of text.split('\n')) {
    const end = line.indexOf('[')
    yield [Number(line.slice(0, end)), line.slice(end)]
  }
}

/** Returns the validation that has these facts. */
export function parseFacts(text: string, atMs: number): ValidationRecord {
  const facts: Facts = JSON.parse(text)
  const [error, licenseId, planSlug, productSlug, country, activatedDomain, ...rest] = facts
  const [domain, fingerprint, address, version, sharing] = rest
  const names = { error, licenseId, planSlug, productSlug, country, activatedDomain, sharing }
  return { ...names, domain, fingerprint, address, version, atMs }
}

export const isRefused = (facts: string) => !facts.startsWith('[null,')

/** Returns the license in some facts, which are too many to be parsed. */
export function findLicenseId(facts: string): string {
  const start = facts.indexOf(',"') + 2
  return facts.slice(start, facts.indexOf('"', start))
}
