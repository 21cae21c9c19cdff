import type { Server } from 'bun'
import { buildRangeMatcher } from '~/domain/cidrs.ts'
import { parseCountry } from '~/domain/usage.ts'
import type { Config } from '~/platform/config.ts'
import type { FindCountry } from '~/platform/countries.ts'

const UNKNOWN = 'unknown'

/** The address that a request came from, as the server that listens knows it. */
export type PeerOf = (request: Request) => string

export function createPeerOf(serverOf: () => Server<unknown> | null): PeerOf {
  return (request) => serverOf()?.requestIP(request)?.address ?? UNKNOWN
}

export type ClientAddressOf = (request: Request) => string

/**
 * The address of whoever asks. Behind trusted proxies it is the rightmost entry of
 * `X-Forwarded-For` that is not one of them; from anybody else that header is not believed.
 */
export function createClientAddressOf(
  trustedProxies: readonly string[],
  peerOf: PeerOf,
): ClientAddressOf {
  const isTrusted = buildRangeMatcher(trustedProxies)

  return (request) => {
    const peer = peerOf(request)
    if (!isTrusted(peer)) return peer
    const forwarded = request.headers.get('x-forwarded-for') ?? ''
    const addresses = forwarded.split(',').map((part) => withoutPort(part.trim()))
    return addresses.findLast((address) => address !== '' && !isTrusted(address)) ?? peer
  }
}

export type CountryOf = (request: Request) => string | null

/** The country of whoever asks: as a trusted proxy states it, else where the address is known. */
export function createCountryOf(
  config: Pick<Config, 'trustedProxies' | 'countryHeader' | 'geoipDbPath'>,
  findCountry: FindCountry,
  peerOf: PeerOf,
): CountryOf {
  const { trustedProxies, countryHeader, geoipDbPath } = config
  const isTrusted = buildRangeMatcher(trustedProxies)
  const addressOf = createClientAddressOf(trustedProxies, peerOf)

  // To ask for the address takes longer than to judge most licenses.
  if (countryHeader === null && geoipDbPath === null) return () => null
  return (request) => {
    const stated =
      countryHeader !== null && isTrusted(peerOf(request))
        ? parseCountry(request.headers.get(countryHeader))
        : null
    return stated ?? findCountry(addressOf(request))
  }
}

/** Some proxies write `192.0.2.1:4711` or `[2001:db8::1]:4711`; a port would make each try new. */
function withoutPort(text: string): string {
  return text.replace(/^\[([^\]]+)\](?::\d+)?$|^(\d+(?:\.\d+){3}):\d+$/, '$1$2')
}
