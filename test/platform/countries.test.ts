import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '~/platform/config.ts'
import { openCountries } from '~/platform/countries.ts'
import { openTestApp } from '../support/app.ts'
import { createCountryDatabase } from '../support/mmdb.ts'

const directory = mkdtempSync(join(tmpdir(), 'licet-countries-'))
afterAll(() => rmSync(directory, { recursive: true }))

const geoipDbPath = join(directory, 'countries.mmdb')
writeFileSync(
  geoipDbPath,
  createCountryDatabase({
    '203.0.113.0/24': 'DE',
    '198.51.100.128/25': 'AT',
    '2001:db8::/32': 'FR',
    '192.0.2.0/24': 'ZZ',
  }),
)

test('countries: addresses in the database have a country, others have none', () => {
  const findCountry = openCountries(geoipDbPath)
  const known = {
    '203.0.113.7': 'DE',
    '::ffff:203.0.113.7': 'DE',
    '198.51.100.200': 'AT',
    '198.51.100.100': null,
    '2001:db8:1::1': 'FR',
    '2001:db9::1': null,
    '192.0.2.1': null,
    unknown: null,
  }
  for (const [address, country] of Object.entries(known)) {
    expect({ address, country: findCountry(address) }).toEqual({ address, country })
  }
})

test('countries: without a database every country is null', () => {
  expect(openCountries(null)('203.0.113.7')).toBeNull()
})

test('countries: a file in another format is rejected when it is opened', () => {
  const path = join(directory, 'odd.mmdb')
  writeFileSync(path, 'not a database')
  expect(() => openCountries(path)).toThrow()
})

test('countries: a damaged database gives null and is reported once', () => {
  const path = join(directory, 'damaged.mmdb')
  const bytes = createCountryDatabase({ '203.0.113.0/24': 'DE' })
  const leaf = bytes.indexOf('country')
  writeFileSync(path, bytes.fill(0xff, leaf - 2, leaf + 12))
  const damages: unknown[] = []
  const findCountry = openCountries(path, (error) => damages.push(error))
  expect([findCountry('203.0.113.7'), findCountry('203.0.113.8')]).toEqual([null, null])
  expect(damages).toHaveLength(1)
})

test('countries: an IPv4-only database gives null for IPv6', () => {
  const path = join(directory, 'four.mmdb')
  writeFileSync(path, createCountryDatabase({ '32.0.0.0/8': 'US' }, 4))
  const findCountry = openCountries(path)
  expect([findCountry('32.1.2.3'), findCountry('2001:db8::1')]).toEqual(['US', null])
})

describe('country of a validation', () => {
  const countryHeader = 'cf-ipcountry'
  const trusted = { trustedProxies: ['127.0.0.1'], countryHeader, geoipDbPath }
  const client = { 'x-forwarded-for': '203.0.113.7' }

  /** Validates over a socket, once with each set of headers. Returns what was stored. */
  async function validateWith(config: Partial<Config>, ...headers: Record<string, string>[]) {
    await using app = await openTestApp(config)
    const { id, key } = await app.createLicense()
    app.app.listen({ hostname: '127.0.0.1', port: 0 })
    const url = `http://127.0.0.1:${app.app.server?.port}/api/v1/validate`
    const body = JSON.stringify({ key, domain: 'example.com' })
    const type = { 'content-type': 'application/json' }
    for (const more of headers) {
      await fetch(url, { method: 'POST', body, headers: { ...type, ...more } })
    }
    await app.app.server?.stop(true)
    const { body: usage } = await app.send('GET', `/api/v1/licenses/${id}/usage`)
    const { body: activations } = await app.send('GET', `/api/v1/licenses/${id}/activations`)
    return { entries: usage.data, activation: activations.data[0], summary: usage.summary }
  }

  test('a validation and its activation get the country header of a trusted proxy', async () => {
    const stored = await validateWith(trusted, { ...client, [countryHeader]: 'us' })
    expect(stored).toMatchObject({
      entries: [{ country: 'US', address: '203.0.113.0' }],
      activation: { country: 'US' },
      summary: { countries: { US: 1 } },
    })
  })

  test('a validation gets the country of its address if the header is not a country', async () => {
    const words = ['', 'XX', 'T1', 'Germany']
    const { summary } = await validateWith(
      trusted,
      ...words.map((word) => ({ ...client, [countryHeader]: word })),
    )
    expect(summary.countries).toEqual({ DE: 4 })
  })

  test('a country header from an untrusted address is ignored', async () => {
    const untrusted = { ...trusted, trustedProxies: ['10.0.0.0/8'] }
    const { entries } = await validateWith(untrusted, { ...client, [countryHeader]: 'US' })
    expect(entries).toMatchObject([{ country: null, address: '127.0.0.0' }])
  })

  test('with LICET_IP_STORAGE=none the country is stored, the address is not', async () => {
    const { entries } = await validateWith({ ...trusted, ipStorage: 'none' }, client)
    expect(entries).toMatchObject([{ country: 'DE', address: null }])
  })
})
