import { foldEmail, normalizeEmail } from './emails.ts'
import { parseHostname, parseMailDomain } from './hostnames.ts'
import { isMistyped } from './key-typos.ts'
import { listKeyReadings } from './keys.ts'
import type { LicenseRecord } from './licenses.ts'
import { formatDomainWord, formatReferenceWord, splitWords } from './search-words.ts'
import { countCharacters, foldText, removeInvisible } from './text.ts'

/** Longer texts are keys, URLs or mistakes: no name, address or reference is longer. */
const STORED_CHARACTERS_MAX = 255
const WORDS_MAX = 10
const EDGES = /^[\s"'`“”„«»‹›「」<>()[\]]+|[\s"'`“”„«»‹›「」<>()[\],;.!?]+$/gu
const EMAIL = /[^\s@<>()[\],;:"“”„«»]+@[^\s@<>()[\],;:"“”„«»]+/u
const ID = /^(?:lic|act|seat|evt)_/
const MASKED_KEY = /\*{4}-?([^\s*]{4})$/u

/** How a text can be understood. */
export const readings = [
  'id',
  'key',
  'mistyped_key',
  'email',
  'email_domain',
  'domain',
  'reference',
  'name',
] as const
export type Reading = (typeof readings)[number]

/** Why a license is a match. */
export const reasons = [
  'id',
  'activation_id',
  'seat_id',
  'event_id',
  'key',
  'email',
  'domain',
  'reference',
  'similar_key',
  'email_domain',
  'name',
  'email_start',
  'key_end',
] as const
export type Reason = (typeof reasons)[number]

export interface Match {
  readonly record: LicenseRecord
  readonly why: Reason
  /** Of a similar key: at which character the text differs from it, from 1. */
  readonly typoAt?: number | null
}

/** The matches of a search, the best first, and the newest license first among equals. */
export interface Found {
  readonly matches: readonly Match[]
  /** Whether there are or may be more. */
  readonly hasMore: boolean
}

export interface SearchResult extends Found {
  readonly reading: Reading
}

/** The possible meanings of a text, in the forms in which they are compared. */
export interface SearchTerms {
  readonly id: string
  readonly email: { readonly exact: string; readonly folded: string } | null
  /** A host and its registrable domain. */
  readonly domains: readonly string[]
  /** Words of `search-words.ts`. */
  readonly referenceWords: readonly string[]
  readonly domainWords: readonly string[]
  readonly nameWords: readonly string[]
  /** The start of an email address or a name. */
  readonly start: string
  readonly keyEnds: readonly string[]
}

/** Returns what a text may mean besides a license key. */
export function parseSearch(text: string): SearchTerms {
  const visible = removeInvisible(text.normalize('NFKC').replace(/\s+/g, ' ')).trim()
  const bare = visible.replace(EDGES, '')
  const isShort = countCharacters(bare) <= STORED_CHARACTERS_MAX
  const address = isShort ? EMAIL.exec(bare)?.[0] : undefined
  const email = address === undefined ? null : normalizeEmail(address)
  const hostname = parseHostname(bare)
  const domains = [hostname?.host, hostname?.root].filter((domain) => domain != null)
  const stored = isShort ? [...new Set([foldText(text), foldText(bare)])].filter(Boolean) : []
  return {
    id: bare.toLowerCase(),
    email: email === null ? null : { exact: email, folded: foldEmail(email) ?? email },
    domains: [...new Set(domains)],
    referenceWords: stored.map(formatReferenceWord),
    domainWords: isShort ? listDomainWords(bare, hostname?.host ?? null) : [],
    nameWords: isShort && email === null ? splitWords(bare).slice(0, WORDS_MAX) : [],
    start: isShort ? foldText(address ?? bare) : '',
    keyEnds: listKeyEnds(bare),
  }
}

const readingOf: Readonly<Record<Reason, Reading>> = {
  id: 'id',
  key: 'key',
  email: 'email',
  domain: 'domain',
  reference: 'reference',
  email_domain: 'email_domain',
  name: 'name',
  activation_id: 'id',
  seat_id: 'id',
  event_id: 'id',
  similar_key: 'mistyped_key',
  email_start: 'email',
  key_end: 'key',
}

/** Returns how a text was understood, given why the best match is one; null if nothing matches. */
export function decideReading(text: string, best: Reason | null): Reading {
  if (best !== null) return readingOf[best]
  const { id, email, domains, domainWords, keyEnds } = parseSearch(text)
  if (ID.test(id)) return 'id'
  const keys = listKeyReadings(text)
  if (isMistyped(keys)) return 'mistyped_key'
  if (keys.some(({ kind }) => kind === 'licet') || MASKED_KEY.test(text.trim())) return 'key'
  if (email !== null) return 'email'
  if (domains.length > 0) return 'domain'
  if (domainWords.some((word) => text.includes('@') && word !== '@')) return 'email_domain'
  return keyEnds.length > 0 && /\d/.test(text) ? 'key' : 'name'
}

/** A host may be the domain of addresses; a word or `@word` may be the start of one. */
function listDomainWords(text: string, host: string | null): readonly string[] {
  if (host !== null) return [formatDomainWord(host)]
  const [, domain] = /^@?([^\s@]+)$/.exec(text) ?? []
  if (domain === undefined) return []
  const word = formatDomainWord(parseMailDomain(domain) ?? domain)
  return word === '@' ? [] : [word]
}

/** A masked key shows its last four characters. */
function listKeyEnds(text: string): readonly string[] {
  const end = MASKED_KEY.exec(text)?.[1] ?? (countCharacters(text) === 4 ? text : null)
  return end === null ? [] : [...new Set([end, end.toUpperCase(), end.toLowerCase()])]
}
