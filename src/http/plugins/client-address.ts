import type { Server } from 'bun'
import { buildRangeMatcher, isAddress } from '~/domain/cidrs.ts'
import { parseCountry } from '~/domain/usage.ts'
import type { Config } from '~/platform/config.ts'
import type { FindCountry } from '~/platform/countries.ts'
import type { Log } from '~/platform/log.ts'

const UNKNOWN = 'unknown'

/** Returns the address at the other end of a request's connection. */
export type PeerOf = (request: Request) => string

export function createPeerOf(serverOf: () => Server<unknown> | null): PeerOf {
  return (request) => serverOf()?.requestIP(request)?.address ?? UNKNOWN
}

export type ClientAddressOf = (request: Request) => string

/**
 * Returns the client's address. Behind trusted proxies it is the rightmost entry of
 * `X-Forwarded-For` that is an address but not a trusted proxy's; other peers cannot set it.
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
    const addresses = forwarded.split(',').map((part) => stripPort(part.trim()))
    return addresses.findLast((address) => isAddress(address) && !isTrusted(address)) ?? peer
  }
}

/**
 * Returns a function that logs the first `X-Forwarded-For` of a peer that is not a trusted proxy:
 * behind a proxy that is not configured, all clients share one address and one rate limit.
 */
export function createForwardedWarning(
  trustedProxies: readonly string[],
  peerOf: PeerOf,
  log: Log,
): (request: Request) => void {
  const isTrusted = buildRangeMatcher(trustedProxies)
  let isDone = false
  return (request) => {
    if (isDone || !request.headers.has('x-forwarded-for')) return
    const peer = peerOf(request)
    if (isTrusted(peer)) return
    isDone = true
    log.warn(
      { peer },
      'X-Forwarded-For is ignored, because it comes from a peer that is not in LICET_TRUSTED_PROXIES',
    )
  }
}

export type CountryOf = (request: Request) => string | null

/** Returns the client's country: as a trusted proxy states it, otherwise by its address. */
export function createCountryOf(
  config: Pick<Config, 'trustedProxies' | 'countryHeader' | 'geoipDbPath'>,
  findCountry: FindCountry,
  peerOf: PeerOf,
): CountryOf {
  const { trustedProxies, countryHeader, geoipDbPath } = config
  const isTrusted = buildRangeMatcher(trustedProxies)
  const addressOf = createClientAddressOf(trustedProxies, peerOf)

  // Looking up the address takes longer than most validations.
  if (countryHeader === null && geoipDbPath === null) return () => null
  return (request) => {
    const stated =
      countryHeader !== null && isTrusted(peerOf(request))
        ? parseCountry(request.headers.get(countryHeader))
        : null
    return stated ?? findCountry(addressOf(request))
  }
}

interface ClientDeps {
  readonly config: Pick<Config, 'trustedProxies' | 'countryHeader' | 'geoipDbPath'>
  readonly findCountry: FindCountry
  readonly log: Log
}

/** Creates the functions that read a request for facts about its client. */
export function createClientReaders({ config, findCountry, log }: ClientDeps, peerOf: PeerOf) {
  return {
    clientAddressOf: createClientAddressOf(config.trustedProxies, peerOf),
    countryOf: createCountryOf(config, findCountry, peerOf),
    warnForwarded: createForwardedWarning(config.trustedProxies, peerOf, log),
  }
}

/** Some proxies append a port (`192.0.2.1:4711`), which would make every attempt a new address. */
function stripPort(text: string): string {
  return text.replace(/^\[([^\]]+)\](?::\d+)?$|^(\d+(?:\.\d+){3}):\d+$/, '$1$2')
}
