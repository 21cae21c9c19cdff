import { readFileSync } from 'node:fs'
import ipaddr from 'ipaddr.js'
import { type CountryResponse, Reader } from 'maxmind'
import { parseCountry } from '~/domain/usage.ts'

/** Returns the ISO 3166-1 country code of an address; null if it is unknown. */
export type FindCountry = (address: string) => string | null

/**
 * Opens a country database in MaxMind's format. Without a path, every country is unknown. Throws an
 * Error for any other file. `onDamage` is called once if a lookup fails later; such addresses have
 * no country.
 */
export function openCountries(
  path: string | null,
  onDamage: (error: unknown) => void = () => undefined,
): FindCountry {
  if (path === null) return () => null
  const reader = new Reader<CountryResponse>(readFileSync(path))
  let isDamaged = false

  return (address) => {
    if (!ipaddr.isValid(address)) return null
    const plain = ipaddr.process(address)
    // An IPv4-only database would read the first bits of an IPv6 address as an IPv4 address.
    if (plain.kind() === 'ipv6' && reader.metadata.ipVersion === 4) return null
    try {
      return parseCountry(reader.get(plain.toString())?.country?.iso_code)
    } catch (error) {
      if (!isDamaged) onDamage(error)
      isDamaged = true
      return null
    }
  }
}
