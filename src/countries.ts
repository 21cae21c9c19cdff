import { readFileSync } from 'node:fs'
import ipaddr from 'ipaddr.js'
import { type CountryResponse, Reader } from 'maxmind'
import { ConfigError } from './config.ts'
import { readCountry } from './domain/usage.ts'

/** The ISO 3166-1 country of an address; null when nobody knows. */
export type FindCountry = (address: string) => string | null

/** Reads a country database in MaxMind's format; without one, no country is known. */
export function openCountries(path: string | null): FindCountry {
  if (path === null) return () => null
  const reader = openReader(path)
  return (address) => {
    if (!ipaddr.isValid(address)) return null
    const plain = ipaddr.process(address).toString()
    return readCountry(reader.get(plain)?.country?.iso_code)
  }
}

function openReader(path: string): Reader<CountryResponse> {
  try {
    return new Reader<CountryResponse>(readFileSync(path))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ConfigError(`LICET_GEOIP_DB names no database in MaxMind's format: ${reason}`)
  }
}
