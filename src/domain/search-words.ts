import { parseHostname } from './hostnames.ts'
import { decodeHostname } from './punycode.ts'
import { foldText } from './text.ts'

const BETWEEN_WORDS = /[^\p{L}\p{M}\p{N}]+/u
/** A word of a script that is written without spaces, so that its words are hard to tell apart. */
const UNSPACED =
  /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]/u

/** The parts of a license that are searched by words. */
export interface Searched {
  readonly customerEmail: string | null
  readonly customerName: string | null
  readonly externalRef: string | null
}

/**
 * Returns the words by which a license is found, as they are stored: the folded words of the name,
 * the domain of the email address after an `@`, and the reference after a `#`.
 */
export function listSearchWords(license: Searched): readonly string[] {
  const { customerEmail: email, customerName: name, externalRef } = license
  const domain = email?.slice(email.lastIndexOf('@') + 1)
  const domains = domain ? [domain, parseHostname(domain)?.root ?? domain] : []
  const words = [
    ...listNameWords(name ?? ''),
    ...domains.map(formatDomainWord),
    ...(externalRef === null ? [] : [formatReferenceWord(externalRef)]),
  ]
  return [...new Set(words)]
}

/** Returns the words that a name is found by. Each is found by its start. */
export function listNameWords(name: string): readonly string[] {
  return splitWords(name).flatMap((word) =>
    // Any part of such a word is the start of one of these.
    UNSPACED.test(word) ? [...word].map((_, index) => [...word].slice(index).join('')) : [word],
  )
}

/** Returns the folded words of a text. */
export function splitWords(text: string): readonly string[] {
  return foldText(text).split(BETWEEN_WORDS).filter(Boolean)
}

/** Returns the word of a domain of email addresses, which may be in punycode. */
export function formatDomainWord(domain: string): string {
  return `@${foldText(decodeHostname(domain))}`
}

export function formatReferenceWord(reference: string): string {
  return `#${foldText(reference)}`
}
