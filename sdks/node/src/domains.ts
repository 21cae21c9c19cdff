const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i
const BEHIND_HOST = /[/?#].*$/s
/** Signs that a URL parser would take as something else than a host. */
const NOT_A_HOST = /[\s@%\\]/

/**
 * Returns the host of a domain or URL in the form that licenses use: lower case, punycode, without
 * scheme, port, path, trailing dot and `www.`. Returns null for anything else (conformance suite,
 * §Domains).
 */
export function normalizeDomain(text: string): string | null {
  const authority = text.trim().replace(SCHEME, '').replace(BEHIND_HOST, '')
  if (NOT_A_HOST.test(authority)) return null
  try {
    const { hostname } = new URL(`http://${authority}`)
    const host = hostname.replace(/\.$/, '')
    const bare = host.replace(/^www\./, '')
    return bare.includes('.') ? bare : host
  } catch {
    return null
  }
}

/**
 * Whether a license for `entries` covers a domain. `example.com` covers itself, `*.example.com` every
 * host below it. Whole labels are compared: `a.io` covers neither `data.io` nor `a.io.evil.com`.
 */
export function coversDomain(entries: readonly string[], domain: string): boolean {
  const host = normalizeDomain(domain)
  if (host === null) return false
  return entries.some((entry) =>
    entry.startsWith('*.') ? host.endsWith(entry.slice(1)) : host === entry,
  )
}
