import ipaddr from 'ipaddr.js'
import { buildRangeMatcher } from '~/domain/cidrs.ts'
import type { AddressGuard } from '~/domain/endpoints.ts'

// IANA has given out no other IPv6 space for global unicast.
const GLOBAL_UNICAST_V6 = ipaddr.IPv6.parseCIDR('2000::/3')

/** Azure's platform and metadata address lies in public space. */
const PLATFORM_ADDRESSES: readonly string[] = ['168.63.129.16']

/**
 * Whether the address is global unicast: not private, loopback, link-local, CGNAT, multicast,
 * reserved, documentation, NAT64, 6to4 or Teredo. IPv4 mapped into IPv6 is judged as IPv4.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address)
  if (parsed.range() !== 'unicast') return false
  if (parsed instanceof ipaddr.IPv6) return parsed.match(GLOBAL_UNICAST_V6)
  return !PLATFORM_ADDRESSES.includes(parsed.toString())
}

/** Judges addresses; what is not public is refused unless one of the CIDRs contains it. */
export function createAddressGuard(allowCidrs: readonly string[]): AddressGuard {
  const isExempt = buildRangeMatcher(allowCidrs)
  return {
    hasExemptions: allowCidrs.length > 0,
    judge(address) {
      if (isExempt(address)) return 'exempt'
      return isPublicAddress(address) ? 'public' : 'refused'
    },
  }
}
