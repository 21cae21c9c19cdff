const SCHEME = /^(?:[a-z][a-z0-9+.-]*:)?\/\//i
const BEHIND_HOST = /[/?#].*$/s
/** Signs that a URL parser would take as something else than a host. */
const NOT_A_HOST = /[\s@%\\]/
const HOST = /^(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|[0-9a-f:.]+)$/
const BARE_IPV6 = /^[^[]*:.*:/
const MAPPED_IPV4 = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/

/**
 * Returns the host of a domain or URL: in lower case and punycode, without scheme, port, path, trailing
 * dot and brackets; an IPv4 address that is mapped to IPv6 as itself. Returns null for anything else
 * (conformance suite, §Domains).
 */
export function normalizeHost(text: string): string | null {
  const authority = text.trim().replace(SCHEME, '').replace(BEHIND_HOST, '')
  if (NOT_A_HOST.test(authority)) return null
  try {
    const isBareIpv6 = BARE_IPV6.test(authority)
    const { hostname } = new URL(`http://${isBareIpv6 ? `[${authority}]` : authority}`)
    const host = hostname.replace(/\.$/, '').replace(/^\[(.*)\]$/, '$1')
    return HOST.test(host) ? unmapAddress(host) : null
  } catch {
    return null
  }
}

/** Returns the IPv4 address that an IPv6 address maps, and any other host as it is. */
function unmapAddress(host: string): string {
  const [, high, low] = MAPPED_IPV4.exec(host) ?? []
  if (high === undefined || low === undefined) return host
  const [upper, lower] = [Number.parseInt(high, 16), Number.parseInt(low, 16)]
  return [upper >> 8, upper & 255, lower >> 8, lower & 255].join('.')
}

/**
 * Whether a license for `entries` covers a domain. `example.com` covers itself and its `www.`, and
 * `*.example.com` every host below it. Whole labels are compared: `a.io` covers neither `data.io` nor
 * `a.io.evil.com`.
 */
export function coversDomain(entries: readonly string[], domain: string): boolean {
  const host = normalizeHost(domain)
  if (host === null) return false
  const hosts = listWithoutWww(host)
  return entries.some((entry) =>
    entry.startsWith('*.') ? host.endsWith(entry.slice(1)) : hosts.includes(entry),
  )
}

/** Returns a host, and it without each number of `www.` at its start. */
function listWithoutWww(host: string): string[] {
  const rest = host.startsWith('www.') ? listWithoutWww(host.slice('www.'.length)) : []
  return [host, ...rest]
}
