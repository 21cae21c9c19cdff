import ipaddr from 'ipaddr.js'

/** Characters that a URL parser would take for the end of a host, decode or drop. */
const NOT_IN_A_HOST = /[\p{Cc}\s/?#@%\\<>^|*,]/u
const LOOPBACK = /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/

/**
 * Returns the one spelling of a host name or address: lower case, punycode, without a dot at its
 * end; IPv6 compressed and in brackets; IPv4-mapped IPv6 as IPv4. Null if it has a port or is neither.
 */
export function normalizeHost(text: string): string | null {
  const host = ipaddr.IPv6.isValid(text) ? `[${text}]` : text
  if (NOT_IN_A_HOST.test(host) || /:\d*$/.test(host)) return null
  const name = URL.parse(`http://${host}/`)?.hostname.replace(/\.$/, '') ?? ''
  if (!name.startsWith('[')) return name === '' ? null : name
  const address = ipaddr.process(name.slice(1, -1))
  return address.kind() === 'ipv4' ? address.toString() : name
}

/** Whether a normalized host always means this machine (RFC 6761, §6.3). */
export function isLoopbackHost(host: string): boolean {
  return LOOPBACK.test(host)
}
