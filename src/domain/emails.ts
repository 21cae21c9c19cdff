import { parseMailDomain } from './hostnames.ts'
import { decodeHostname } from './punycode.ts'
import { foldText } from './text.ts'

/**
 * Returns the form in which an email address is stored and compared: in lower case, with accents
 * composed (RFC 6532, §3.1) and the domain in punycode. Returns null if that is not a valid domain.
 */
export function normalizeEmail(text: string): string | null {
  const lower = text.normalize('NFC').toLowerCase()
  const domainStart = lower.lastIndexOf('@') + 1
  const domain = parseMailDomain(lower.slice(domainStart))
  return domain === null ? null : lower.slice(0, domainStart) + domain
}

export function getMailDomain(email: string): string {
  return email.slice(email.lastIndexOf('@') + 1)
}

/** Returns the address with its domain in Unicode, as people write it. */
export function formatEmail(email: string): string {
  const domainStart = email.lastIndexOf('@') + 1
  return email.slice(0, domainStart) + decodeHostname(email.slice(domainStart))
}

/** Returns the spellings in which stored texts may contain a normalized address. */
export function listEmailSpellings(email: string): readonly string[] {
  const readable = formatEmail(email)
  return readable === email ? [email] : [email, readable]
}

/** Returns the form in which an address is searched, or null if that is the address itself. */
export function foldEmail(email: string): string | null {
  const folded = foldText(formatEmail(email))
  return folded === email ? null : folded
}
