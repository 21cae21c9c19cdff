/**
 * Returns the host of a domain or URL in the form that licenses use: lower case, punycode, without
 * scheme, port, path, trailing dot and `www.`. Returns null if there is none.
 */
export function normalizeDomain(text: string): string | null {
  const trimmed = text.trim()
  const url = parseUrl(/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`)
  const host = url?.hostname.replace(/\.$/, '').replace(/^www\./, '') ?? ''
  return host === '' ? null : host
}

function parseUrl(text: string): URL | null {
  try {
    return new URL(text.replace(/^[a-z][a-z0-9+.-]*:/i, 'http:'))
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
