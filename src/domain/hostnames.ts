import ipaddr from 'ipaddr.js'
import { getDomain } from 'tldts'

const HOST_CHARACTERS_MAX = 253

// What most apps send, and what no URL parser would read differently.
const PLAIN_NAME = /^(?!.*xn--)(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*$/
const AUTHORITY = /^(?:(?:[a-z][a-z0-9+.-]*:)?\/\/)?([^/?#]*)/i
// What a URL parser would decode, drop or take for the end of a host; and userinfo, a disguise.
const REFUSED = /[\p{Cc}%\\@]/u
const BARE_IPV6 = /^[^[]*:.*:/
// Enough after the URL parser: a host that ends in a number is refused or rewritten as IPv4.
const IPV4 = /^\d+(?:\.\d+){3}$/
const LABEL = '(?!-)[a-z0-9_-]{1,63}(?<!-)'
const LABELS = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`)

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

/** Where an app runs: a name or an address in its one normal form. */
export interface Hostname {
  /** Lower case, punycode, no leading `www.`; IPv6 compressed, without brackets. */
  readonly host: string
  /** The registrable domain by the Public Suffix List, private suffixes included; null if none. */
  readonly root: string | null
  /** Nobody outside can reach it: localhost, a private address, a special-use domain. */
  readonly isDevelopment: boolean
}

/**
 * Reads a host, or the host of a URL, as browsers do (WHATWG URL, UTS 46): scheme, port, path,
 * trailing dot and case do not matter. Underscores are let in, since hosts in the wild have them.
 * Null is the verdict DOMAIN_INVALID: not a host, a bare public suffix, or a host in disguise
 * (userinfo, percent-encoding, backslash).
 */
export function parseHostname(text: string): Hostname | null {
  if (PLAIN_NAME.test(text)) return describeName(text)
  const authority = AUTHORITY.exec(text.trim())?.[1] ?? ''
  if (REFUSED.test(authority)) return null
  const url = URL.parse(`http://${BARE_IPV6.test(authority) ? `[${authority}]` : authority}`)
  if (url === null) return null
  const host = url.hostname.replace(/\.$/, '')
  if (host.startsWith('[')) return describeAddress(host.slice(1, -1))
  return IPV4.test(host) ? describeAddress(host) : describeName(host)
}

/** What an activation of this host occupies: the host itself or, for `subdomains`, its root. */
export function getActivationValue(hostname: Hostname, match: 'exact' | 'subdomains'): string {
  return match === 'exact' ? hostname.host : (hostname.root ?? hostname.host)
}

/**
 * Tells whether a plan may hold this pattern: one or more labels in lower case, then `.*` for any
 * registrable domain. A label may contain one `*`, which stands for any characters within that
 * label: `staging.*`, `dev-*.*`, `*.preview.*`.
 */
export function isFreePattern(pattern: string): boolean {
  if (!pattern.endsWith('.*') || pattern.length > HOST_CHARACTERS_MAX) return false
  const labels = labelsOfPattern(pattern).map((label) => label.replace('*', 'x'))
  // No host has it any more when it is compared.
  if (labels[0] === 'www') return false
  return LABELS.test(labels.join('.'))
}

/**
 * Tells whether what stands left of the host's registrable domain is, label by label, what stands
 * left of a pattern's `.*`. Whether that registrable domain is activated is for the caller to ask.
 */
export function matchesFreePattern(patterns: readonly string[], hostname: Hostname): boolean {
  const { host, root } = hostname
  if (root === null || host === root) return false
  const labels = host.slice(0, -root.length - 1).split('.')
  return patterns.some((pattern) => {
    const wanted = labelsOfPattern(pattern)
    return (
      wanted.length === labels.length &&
      wanted.every((label, index) => matchesLabel(label, labels[index] ?? ''))
    )
  })
}

function labelsOfPattern(pattern: string): string[] {
  return pattern.slice(0, -2).split('.')
}

function matchesLabel(wanted: string, label: string): boolean {
  const [start = '', end] = wanted.split('*')
  if (end === undefined) return label === wanted
  return label.length >= start.length + end.length && label.startsWith(start) && label.endsWith(end)
}

function describeAddress(literal: string): Hostname {
  // An IPv4 address mapped into IPv6 is the same host, so it is kept, and judged, as IPv4.
  const address = ipaddr.process(literal)
  const isDevelopment = DEVELOPMENT_RANGES.has(address.range())
  return { host: address.toString(), root: null, isDevelopment }
}

function describeName(name: string): Hostname | null {
  if (name.length > HOST_CHARACTERS_MAX || !LABELS.test(name)) return null
  const isDevelopment = DEVELOPMENT_TLDS.has(name.slice(name.lastIndexOf('.') + 1))
  const root = getDomain(name, SUFFIX_OPTIONS)
  if (root === null && !isDevelopment) return null
  let host = name
  // `www.github.io` is a registrable domain: without its `www` a bare suffix would be left.
  while (host !== root && host.startsWith('www.')) host = host.slice(4)
  return { host, root, isDevelopment }
}
