import ipaddr from 'ipaddr.js'

/** The length of the prefix `::ffff:0:0/96` of IPv4-mapped IPv6 addresses (RFC 4291, §2.5.5.2). */
const MAPPED_PREFIX_BITS = 96

type Range = readonly [network: ipaddr.IPv4 | ipaddr.IPv6, bits: number]

/** Whether the string is an address or a range such as `10.0.0.0/8` or `fd00::/8`. */
export function isCidr(text: string): boolean {
  return isAddress(text) || ipaddr.isValidCIDR(text)
}

/** Whether the string is an IP address, as opposed to the numbers that some parsers accept as one. */
export function isAddress(text: string): boolean {
  return ipaddr.IPv6.isValid(text) || ipaddr.IPv4.isValidFourPartDecimal(text)
}

/** Returns a predicate for addresses in any of the ranges. IPv4-mapped IPv6 counts as IPv4. */
export function buildRangeMatcher(cidrs: readonly string[]): (address: string) => boolean {
  const ranges = cidrs.map(parseRange)
  return (address) => {
    if (ranges.length === 0 || !ipaddr.isValid(address)) return false
    const parsed = ipaddr.process(address)
    return ranges.some(
      ([network, bits]) => network.kind() === parsed.kind() && parsed.match(network, bits),
    )
  }
}

function parseRange(text: string): Range {
  if (text.includes('/')) {
    const [network, bits] = ipaddr.parseCIDR(text)
    const isMapped = network instanceof ipaddr.IPv6 && network.isIPv4MappedAddress()
    return isMapped
      ? [network.toIPv4Address(), Math.max(0, bits - MAPPED_PREFIX_BITS)]
      : [network, bits]
  }
  const address = ipaddr.process(text)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}
