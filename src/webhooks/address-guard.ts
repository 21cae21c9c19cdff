import ipaddr from 'ipaddr.js'
import { buildRangeMatcher } from '~/domain/cidrs.ts'
import type { AddressGuard } from '~/domain/endpoints.ts'

/** The only IPv6 block that IANA allocates global unicast addresses from. */
const GLOBAL_UNICAST_V6 = ipaddr.IPv6.parseCIDR('2000::/3')

/** Azure's platform and metadata address, which lies in public address space. */
const PLATFORM_ADDRESSES: readonly string[] = ['168.63.129.16']

/**
 * Returns whether the address is global unicast: not private, loopback, link-local, CGNAT,
 * multicast, reserved, documentation, NAT64, 6to4 or Teredo. IPv4-mapped IPv6 counts as IPv4.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address)
  if (parsed.range() !== 'unicast') return false
  if (parsed instanceof ipaddr.IPv6) return parsed.match(GLOBAL_UNICAST_V6)
  return !PLATFORM_ADDRESSES.includes(parsed.toString())
}

/** Creates a guard that refuses every address that is neither public nor in `allowCidrs`. */
export function createAddressGuard(allowCidrs: readonly string[]): AddressGuard {
  const isAllowed = buildRangeMatcher(allowCidrs)
  return {
    hasAllowedRanges: allowCidrs.length > 0,
    classify(address) {
      if (isAllowed(address)) return 'allowed'
      return isPublicAddress(address) ? 'public' : 'refused'
    },
  }
}
