import ipaddr from 'ipaddr.js'
import { getDomain } from 'tldts'
import { decodeHostname } from './punycode.ts'

const HOST_CHARACTERS_MAX = 253

// The common case: lower-case ASCII names, which a URL parser would return unchanged.
const PLAIN_NAME = /^(?!.*xn--)(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*$/
const AUTHORITY = /^(?:(?:[a-z][a-z0-9+.-]*:)?\/\/)?([^/?#]*)/i
// Characters that a URL parser decodes, drops or takes for the end of a host, and userinfo.
const REJECTED = /[\p{Cc}%\\@]/u
const BARE_IPV6 = /^[^[]*:.*:/
// Sufficient after the URL parser, which rejects or rewrites every host that ends in a number.
const IPV4 = /^\d+(?:\.\d+){3}$/
const LABEL = '(?!-)[a-z0-9_-]{1,63}(?<!-)'
const LABELS = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`)
/** RFC 5321, §4.1.3. */
const MAIL_ADDRESS = /^\[[a-z0-9.:-]+\]$/

// IDNA 2008 (RFC 5892), and emoji, because some registries sell them.
const IDNA =
  /^(?:[\p{L}\p{Mn}\p{Mc}\p{Nd}\p{Emoji}._\-\u3007\u06fd\u06fe\u0f0b\u30fb]|[\u200c\u200d]|(?<=l)\u00b7(?=l)|\u0375(?=\p{sc=Grek})|(?<=\p{sc=Hebr})[\u05f3\u05f4])+$/u
const IDNA_DISALLOWED =
  /[\u0640\u07fa\u302e\u302f\u3031-\u3035\u303b\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]/
// Rules for a whole label (RFC 5892, A.7–A.9): a middle dot needs Japanese, and digits do not mix.
const IDNA_MISUSED =
  /(?:^|\.)(?=[^.]*\u30fb)(?![^.]*[\p{sc=Hira}\p{sc=Kana}\p{sc=Han}])|[\u0660-\u0669][^.]*[\u06f0-\u06f9]|[\u06f0-\u06f9][^.]*[\u0660-\u0669]/u

const SUFFIX_OPTIONS = {
  allowPrivateDomains: true,
  extractHostname: false,
  validateHostname: false,
}
const DEVELOPMENT_TLDS = new Set(['localhost', 'local', 'test', 'example', 'invalid', 'internal'])
const DEVELOPMENT_RANGES = new Set([
  'loopback',
  'private',
  'uniqueLocal',
  'linkLocal',
  'unspecified',
])

/** A host name or IP address in its normal form. */
export interface Hostname {
  /** Lower case, punycode, no leading `www.`; IPv6 compressed, without brackets. */
  readonly host: string
  /** The registrable domain according to the Public Suffix List with private suffixes, if any. */
  readonly root: string | null
  /** True for localhost, private addresses and special-use domains. */
  readonly isDevelopment: boolean
}

/**
 * Parses a host, or the host of a URL, like a browser (WHATWG URL, UTS 46): scheme, port, path,
 * trailing dot and case do not matter. Underscores are allowed because real hosts contain them.
 * Returns null for anything else, for a bare public suffix, and for an obfuscated host (userinfo,
 * percent-encoding, backslash).
 */
export function parseHostname(text: string): Hostname | null {
  if (PLAIN_NAME.test(text)) return buildName(text)
  const authority = AUTHORITY.exec(text.trim())?.[1] ?? ''
  const host = toAscii(BARE_IPV6.test(authority) ? `[${authority}]` : authority)
  if (host === null) return null
  if (host.startsWith('[')) return buildAddress(host.slice(1, -1))
  return IPV4.test(host) ? buildAddress(host) : buildName(host)
}

/**
 * Returns the domain of an email address in lower case and punycode, without a trailing dot, or an
 * address in brackets. Returns null for anything else.
 */
export function parseMailDomain(domain: string): string | null {
  if (/^[!-~]*$/.test(domain) && !/xn--/i.test(domain)) {
    const name = domain.toLowerCase().replace(/\.$/, '')
    return LABELS.test(name) || MAIL_ADDRESS.test(name) ? name : null
  }
  const host = /[/?#:[]/.test(domain) ? null : toAscii(domain)
  return host !== null && LABELS.test(host) ? host : null
}

/** Returns the value of an activation of this host: the host or, for `subdomains`, its root. */
export function getActivationValue(hostname: Hostname, match: 'exact' | 'subdomains'): string {
  return match === 'exact' ? hostname.host : (hostname.root ?? hostname.host)
}

/** Returns the host that a URL parser reads in an authority, in punycode and without a port. */
function toAscii(authority: string): string | null {
  const url = REJECTED.test(authority) ? null : URL.parse(`http://${authority}`)
  if (url === null) return null
  const host = url.hostname.replace(/\.$/, '')
  if (!host.includes('xn--')) return host
  const name = decodeHostname(host)
  const isValid = IDNA.test(name) && !IDNA_DISALLOWED.test(name) && !IDNA_MISUSED.test(name)
  return isValid ? host : null
}

function buildAddress(literal: string): Hostname {
  // `process` turns an IPv4-mapped IPv6 address into IPv4, because both are the same host.
  const address = ipaddr.process(literal)
  const isDevelopment = DEVELOPMENT_RANGES.has(address.range())
  return { host: address.toString(), root: null, isDevelopment }
}

function buildName(name: string): Hostname | null {
  if (name.length > HOST_CHARACTERS_MAX || !LABELS.test(name)) return null
  const isDevelopment = DEVELOPMENT_TLDS.has(name.slice(name.lastIndexOf('.') + 1))
  const root = getDomain(name, SUFFIX_OPTIONS)
  if (root === null && !isDevelopment) return null
  let host = name
  // Keep the `www` of `www.github.io`: without it only a public suffix would remain.
  while (host !== root && host.startsWith('www.')) host = host.slice(4)
  return { host, root, isDevelopment }
}
