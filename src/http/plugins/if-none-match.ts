/**
 * Whether an `If-None-Match` header names this ETag. Compares weakly, as RFC 9110 (§13.1.2) requires:
 * a proxy may have compressed the response.
 */
export function matchesETag(condition: string | null | undefined, etag: string): boolean {
  const candidates = (condition ?? '').split(',').map((text) => text.trim().replace(/^W\//, ''))
  return candidates.includes(etag) || candidates.includes('*')
}
