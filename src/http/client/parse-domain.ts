import { createClockMap, type Used } from '~/clock-map.ts'
import type { Hostname } from '~/domain/hostnames.ts'
import { parseDomain } from '~/domain/validations.ts'

/** No host name is longer. A URL may be, but an app rarely sends one. */
const CHARACTERS_MAX = 253

interface Parsed extends Used {
  readonly hostname: Hostname | null | undefined
}

/**
 * Returns a function that parses the domain of a request, and remembers up to `max` of them: an app
 * sends the same one every time, and the Public Suffix List is large.
 */
export function createParseDomain(max: number): typeof parseDomain {
  const known = createClockMap<string, Parsed>(max)
  return (domain) => {
    if (domain === undefined || domain.length > CHARACTERS_MAX) return parseDomain(domain)
    const found = known.get(domain)
    if (found !== undefined) return found.hostname
    const hostname = parseDomain(domain)
    known.set(domain, { hostname, isUsed: false })
    return hostname
  }
}
