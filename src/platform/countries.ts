import { readFileSync } from 'node:fs'
import ipaddr from 'ipaddr.js'
import { type CountryResponse, Reader } from 'maxmind'
import { parseCountry } from '~/domain/usage.ts'

/** The ISO 3166-1 country of an address; null when nobody knows. */
export type FindCountry = (address: string) => string | null

/**
 * Reads a country database in MaxMind's format; without one, no country is known. Throws an Error
 * for any other file. `onDamage` hears, once, of a damage that is met later: it refuses nobody.
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
    // A database of IPv4 alone would take the first bits of the other for one of its own.
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
